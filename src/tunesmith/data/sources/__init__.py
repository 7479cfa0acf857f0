"""Sources: where rows come from, one file each; `Source` in `tunesmith.contracts.protocols` has what one must have."""
