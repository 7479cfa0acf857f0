"""Whether a checkpoint can be read back: nothing that a file says is executed, so that only plain values are."""

import collections
import io
from typing import Any

from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line


def check_loadable(state: Any, source: str) -> None:
    """Refuse a state that could be saved, but not loaded when the run is resumed.

    Args:
        state: what a `state_dict` returned.
        source: of the state, for the message.

    Raises:
        UserError: with the types that cannot be loaded.
    """
    import torch
    from torch.serialization import get_unsafe_globals_in_checkpoint

    stream = io.BytesIO()
    try:
        torch.save(_without_tensors(state), stream)
        stream.seek(0)
        torch.load(stream, weights_only=True)
    except Exception as error:  # of pickle and torch
        try:
            stream.seek(0)
            types = get_unsafe_globals_in_checkpoint(stream)
        except Exception:  # nothing was written
            types = []
        raise UserError(
            f"{source} contains {', '.join(types) or first_line(error)}, which a resumed run could not read; expected tensors, "
            "numbers, texts and None, and lists, tuples and dictionaries of them (of a NumPy number: float(x), of an array: "
            "torch.from_numpy(x))"
        ) from error


def _without_tensors(value: Any) -> Any:
    """A copy without tensors, which can be loaded and may be large."""
    import torch

    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return None
    if type(value) in (dict, collections.OrderedDict):  # of which a module's state dict is one
        return type(value)((key, _without_tensors(part)) for key, part in value.items())
    return type(value)(_without_tensors(part) for part in value) if type(value) in (list, tuple) else value
