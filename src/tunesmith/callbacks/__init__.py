"""Lightning callbacks; `CallbackFactory` in `tunesmith.contracts.protocols` has how one is made."""
