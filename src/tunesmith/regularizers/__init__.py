"""Regularizers: Lightning callbacks, one per file, each under its own key of `regularization`.

Besides Lightning's hooks a regularizer may have
- `configure_backbone(config)`: change the Hugging Face config before the weights are loaded;
- `parameter_options(name, parameter, module) -> dict`: `weight_decay` or `lr_scale` of one parameter;
- `penalty(module, batch, scores, loss) -> scalar`: a term that is added to the training loss;
- `needs`: names that the head must list in its `offers`;
- `problems`: the values of `dataset.problem` that it applies to.
"""
