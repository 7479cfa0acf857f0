"""Running out of memory, on a GPU or a CPU: recognised in the allocators' errors, with the settings to lower."""

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import Any

from tunesmith.configuration import Config

# CUDA and MPS, the allocator of CPU tensors, oneDNN, cuBLAS; errors of these kinds are RuntimeErrors with such a text.
_TEXTS = re.compile(
    r"out of memory|can't allocate memory|not enough memory|could not create a memory object|bad_alloc"
    r"|CU\w+_STATUS_ALLOC_FAILED|Cannot allocate memory",
    re.IGNORECASE,
)
_REQUESTED = re.compile(r"allocate (\d+) bytes|Tried to allocate ([\d.]+ \w+)|Unable to allocate ([\d.]+ \w+)")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error is of an allocator: MemoryError, and RuntimeErrors of torch that say so."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and bool(_TEXTS.search(str(error))))


@contextlib.contextmanager
def explained(config: Config, *, scoring: bool) -> Iterator[None]:
    """Raise MemoryError with the settings to lower, instead of an allocator's error."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryError(message(error, config, scoring=scoring)) from error
        raise


def message(error: BaseException, config: Config, *, scoring: bool) -> str:
    """That memory has run out, how much was requested, and the settings to lower, with their values.

    Args:
        error: of an allocator.
        config: of the run.
        scoring: whether no weights were trained.
    """
    found = _REQUESTED.search(str(error))
    requested = (
        "" if found is None else f" ({f'{int(found[1]):,} bytes' if found[1] else found[2] or found[3]} requested)"
    )
    dataset, trainer = config["dataset"], config["trainer"]
    lower = ["eval_batch_size"] if scoring else ["batch_size", "max_tokens", "eval_batch_size"]
    lower = [f"dataset.{name}={dataset[name]}" for name in [*lower, "max_length"] if dataset.get(name) is not None]
    text = f"out of memory{requested}; lower {' or '.join(_several(lower))}"
    if scoring:
        return text
    batches = trainer["accumulate_grad_batches"]
    text += f"; trainer.accumulate_grad_batches={batches} times n keeps the examples per step with 1/n of the batch"
    if trainer["precision"] == 32:
        text += "; trainer.precision=bf16-mixed halves the activations of 32"
    return text


def _several(words: list[Any]) -> list[str]:
    return [", ".join(words[:-1]), words[-1]] if len(words) > 1 else words
