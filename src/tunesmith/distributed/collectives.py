"""Values that ranks exchange besides gradients; in a run of one process each function returns what it was given."""

import functools
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional


def world_size() -> int:
    """Number of processes of the run."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def all_reduce(value: Tensor) -> Tensor:
    """The sum over all ranks, of a tensor on the device of the gradients."""
    if world_size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def broadcast_object(value: Any) -> Any:
    """Rank 0's value."""
    if world_size() == 1:
        return value
    holder = [value]
    dist.broadcast_object_list(holder, src=0, group=_cpu_group())
    return holder[0]


def all_gather_objects(value: Any) -> list[Any]:
    """Each rank's value, in the order of ranks."""
    if world_size() == 1:
        return [value]
    values: list[Any] = [None] * world_size()
    dist.all_gather_object(values, value, group=_cpu_group())
    return values


def gather_to_rank_zero(value: Any) -> list[Any]:
    """Each rank's value, on rank 0; an empty list on the others."""
    if world_size() == 1:
        return [value]
    values: list[Any] | None = [None] * world_size() if dist.get_rank() == 0 else None
    dist.gather_object(value, values, dst=0, group=_cpu_group())
    return values or []


def broadcast_int(value: int) -> int:
    """Rank 0's whole number; quick enough for every step."""
    if world_size() == 1:
        return value
    holder = torch.tensor(value)
    dist.broadcast(holder, src=0, group=_cpu_group())
    return int(holder)


def all_gather_ints(value: int) -> list[int]:
    """Each rank's whole number; quick enough for every step."""
    if world_size() == 1:
        return [value]
    holders = [torch.tensor(0) for _ in range(world_size())]
    dist.all_gather(holders, torch.tensor(value), group=_cpu_group())
    return [int(holder) for holder in holders]


def all_gather_rows(rows: Tensor, sizes: list[int]) -> Tensor:
    """The rows of all ranks, (groups, all, width), with gradients back to the rank that each row came from.

    Args:
        rows: (groups, own, width), on the device of the gradients.
        sizes: rows of each rank, as `all_gather_ints` returns them.
    """
    if world_size() == 1:
        return rows
    padded = functional.pad(rows, (0, 0, 0, max(sizes) - rows.shape[1]))  # all ranks send the same shape
    everyone: Tensor = _AllGather.apply(padded)
    return torch.cat([part[:, :size] for part, size in zip(everyone, sizes, strict=True)], dim=1)


class _AllGather(torch.autograd.Function):
    """(world_size, ...) of each rank's tensor; its gradient is the sum of all ranks' gradients of that tensor."""

    @staticmethod
    def forward(context: Any, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own) for _ in range(world_size())]
        dist.all_gather(parts, own.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous()
        dist.all_reduce(summed)
        return summed[rank()]


def destroy_process_group() -> None:
    """Leave the process group, if there is one."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _cpu_group.cache_clear()


@functools.cache
def _cpu_group() -> Any:
    """A group that communicates between CPUs: what goes through it never waits for a GPU."""
    return dist.group.WORLD if dist.get_backend() == "gloo" else dist.new_group(backend="gloo")
