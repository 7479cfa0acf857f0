"""Tasks: the task-specific handling of data and scores, one file each; `Task` in `tunesmith.contracts.protocols`."""
