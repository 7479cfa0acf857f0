"""Heads: what differs between tasks in the model, one file each.

A head is built from (backbone, task), is called as `head(hidden, batch)` for its scores and has `loss(scores, batch)`,
`decode(scores, batch)` and `save(backbone, folder)`; it may have `parameter_options`, as regularizers have. Its class constants
are read by the checks: `task` names the task it serves, `offers` what regularizers may use, and `smallest_batch`, which it may
have, how many examples it needs at least.
"""
