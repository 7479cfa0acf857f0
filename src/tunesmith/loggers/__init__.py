"""Loggers: each says what is logged in the terms of its service, one file each; `Logger` in `tunesmith.contracts.protocols`."""
