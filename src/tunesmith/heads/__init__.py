"""Heads: the task-specific part of the model, one file each.

A head is built from (backbone, task). `head(hidden, batch)` returns its scores; it has `loss(scores, batch)`,
`decode(scores, batch)` and `save(backbone, folder)`. Optional:
- `prepare(batch, seed, epoch)`: modifies a batch on the CPU, for example masks tokens; epoch is None in evaluation;
- `loss_denominator(batch)`: the number that its loss is divided by, if not the number of examples;
- `parameter_options`, as in regularizers.

The configuration checks read its class constants: `task`, the task that it serves; `offers`, what regularizers may use, and `refuses`, why it lacks the rest;
`objective`, the pretraining objective of a language model, which decides the families that fit; `smallest_batch`, the
minimum number of examples. `export` reads `training_only`, names of submodules that predictions do not use: every other weight
that `save` does not write is exported beside it.
"""
