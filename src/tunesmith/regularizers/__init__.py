"""Regularizers, one per file, each under its own key of `regularization`; `regularizer.py` has what one can do.

Several at once are independent of their order in the config, except where two do the same: dropout set twice, weights replaced
twice. The loss of a step is

    the head's loss (or the one `task_loss`) + every `penalty`, all of it `around` the step,

then come Lightning's `on_after_backward`, clipping in `on_before_optimizer_step`, `before_update`, the optimizer, `after_update`.
"""
