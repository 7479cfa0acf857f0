"""The weights that are evaluated and saved, where they are not the trained ones: the averages of an optimizer or a regularizer."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from tunesmith.regularizers.regularizer import Regularizer


@contextlib.contextmanager
def evaluated_weights(module: nn.Module, regularizers: Sequence[Regularizer], averaging: Any) -> Iterator[None]:
    """Exchange a module's trained weights for those that are evaluated; at the end they are back, to the bit.

    Args:
        module: whose parameters they are.
        regularizers: of which one may have `evaluation_weights`.
        averaging: an optimizer whose `eval` replaces the trained weights; None for one that does not.
    """
    replaced = {name: weight for part in regularizers for name, weight in part.evaluation_weights().items()}
    parameters = {
        name: parameter
        for name, parameter in module.named_parameters()
        if name in replaced or (averaging is not None and parameter.requires_grad)
    }
    trained = {name: parameter.data for name, parameter in parameters.items()}
    try:
        if averaging is not None:
            # Of copies, since rounding keeps `train` from undoing `eval` exactly.
            for parameter in parameters.values():
                parameter.data = parameter.data.clone()
            averaging.eval()
        for name in replaced:
            parameters[name].data = replaced[name]
        yield
    finally:
        if averaging is not None:
            averaging.train()
        for name, parameter in parameters.items():
            parameter.data = trained[name]
