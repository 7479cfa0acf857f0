"""Heads: what differs between tasks in the model, one file each.

A head is built from (backbone, task), is called as `head(hidden, batch)` for its scores and has `loss(scores, batch)`,
`decode(scores, batch)` and `save(backbone, folder)`. It may have
- `prepare(batch, seed, epoch)`, which changes a batch while it is on the CPU, such as hides tokens; epoch is None for an evaluation;
- `loss_denominator(batch)`: what its loss is divided by, if not the number of examples;
- `parameter_options`, as regularizers have.

Its class constants are read by the checks: `task` names the task it serves, `offers` what regularizers may use; `objective` of a
language model says which families fit, `smallest_batch` how many examples it needs at least.
"""
