"""Heads: the task-specific part of the model, one file each.

A head is built from (backbone, task). `head(hidden, batch)` returns its scores; it has `loss(scores, batch)`,
`decode(scores, batch)` and `save(backbone, folder)`. Optional:
- `prepare(batch, seed, epoch)`: modifies a batch on the CPU, for example masks tokens; epoch is None in evaluation;
- `loss_denominator(batch)`: the number that its loss is divided by, if not the number of examples;
- `parameter_options`, as in regularizers.

The configuration checks read its class constants: `task`, the task that it serves; `objective`, the pretraining objective of
a language model, which decides the families that fit; `smallest_batch`, the minimum number of examples; `offers`, what
regularizers may use; and `refuses`, why it lacks what it does not offer (`*`: anything else). To offer
- `distribution` and `entropy` it has `distribution(scores, batch)`, see `distributions.py`;
- `label_smoothing`, `class_weights` and `focal` it has a `training_loss`, see `training_loss.py`;
- `mixup` its loss is linear in the targets, and mixed scores are the scores of mixed texts;
- `representation` it has `representation(hidden, batch)`, a vector of each example.

`export` reads `training_only`, names of submodules that predictions do not use: every other weight that `save` does not
write is exported beside it.
"""
