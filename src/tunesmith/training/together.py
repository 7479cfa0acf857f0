"""What the processes of a run say to each other besides gradients; a process that is alone gets back what it gave."""

import functools
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional


def world() -> int:
    """Processes of the run."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process."""
    return dist.get_rank() if world() > 1 else 0


def total(value: Tensor) -> Tensor:
    """The sum over all processes, of a tensor on the device that gradients are on."""
    if world() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def of_first(value: Any) -> Any:
    """What the first process gave."""
    if world() == 1:
        return value
    holder = [value]
    dist.broadcast_object_list(holder, src=0, group=_hosts())
    return holder[0]


def of_all(value: Any) -> list[Any]:
    """What each process gave, in the order of their numbers."""
    if world() == 1:
        return [value]
    values: list[Any] = [None] * world()
    dist.all_gather_object(values, value, group=_hosts())
    return values


def to_first(value: Any) -> list[Any]:
    """What each process gave, for the first one; nothing for the others."""
    if world() == 1:
        return [value]
    values: list[Any] | None = [None] * world() if dist.get_rank() == 0 else None
    dist.gather_object(value, values, dst=0, group=_hosts())
    return values or []


def number_of_first(value: int) -> int:
    """A whole number that the first process gave; quick enough for every step."""
    if world() == 1:
        return value
    holder = torch.tensor(value)
    dist.broadcast(holder, src=0, group=_hosts())
    return int(holder)


def number_of_each(value: int) -> list[int]:
    """The whole number that each process gave; quick enough for every step."""
    if world() == 1:
        return [value]
    holders = [torch.tensor(0) for _ in range(world())]
    dist.all_gather(holders, torch.tensor(value), group=_hosts())
    return [int(holder) for holder in holders]


def gathered(rows: Tensor, sizes: list[int]) -> Tensor:
    """The rows of all processes, (groups, all, width), and gradients back to the process that each row came from.

    Args:
        rows: (groups, own, width), on the device that gradients are on.
        sizes: rows of each process, as `number_of_each` gave them.
    """
    if world() == 1:
        return rows
    padded = functional.pad(rows, (0, 0, 0, max(sizes) - rows.shape[1]))  # all processes send the same shape
    everyone: Tensor = _Gather.apply(padded)
    return torch.cat([part[:, :size] for part, size in zip(everyone, sizes, strict=True)], dim=1)


class _Gather(torch.autograd.Function):
    """(world, ...) of what each process gave; its gradient is the sum of what all processes' losses say of it."""

    @staticmethod
    def forward(context: Any, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own) for _ in range(world())]
        dist.all_gather(parts, own.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous()
        dist.all_reduce(summed)
        return summed[rank()]


def leave() -> None:
    """End the talk."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _hosts.cache_clear()


@functools.cache
def _hosts() -> Any:
    """A group that talks between processors: what is said here never waits for a GPU."""
    return dist.group.WORLD if dist.get_backend() == "gloo" else dist.new_group(backend="gloo")
