"""What the processes of a run say to each other besides gradients; a process that is alone gets back what it gave."""

import functools
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def world() -> int:
    """Processes of the run."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


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


def leave() -> None:
    """End the talk."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _hosts.cache_clear()


@functools.cache
def _hosts() -> Any:
    """A group that talks between processors: what is said here never waits for a GPU."""
    return dist.group.WORLD if dist.get_backend() == "gloo" else dist.new_group(backend="gloo")
