"""Heads: the task-specific part of the model, one file each; `Head` in `tunesmith.contracts.protocols` has what one must have."""
