"""Which of the processes of a run this one is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DistributedContext:
    """Rank and world size, in the terms of `torch.distributed`.

    Attributes:
        rank: number of this process, from 0.
        world_size: number of processes of the run.
        port: on the loopback address, where rank 0 waits for the others.
        listener: file descriptor of rank 0's socket, which listens there; None on other ranks.
    """

    rank: int = 0
    world_size: int = 1
    port: int = 0
    listener: int | None = None

    @property
    def is_rank_zero(self) -> bool:
        """Whether this process logs, prints and writes files for the run."""
        return self.rank == 0


SINGLE_PROCESS = DistributedContext()
