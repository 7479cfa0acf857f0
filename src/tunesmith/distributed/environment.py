"""The cluster environment of Lightning for processes that tunesmith has launched on one machine."""

from lightning_fabric.plugins.environments.lightning import LightningEnvironment

from tunesmith.distributed.context import DistributedContext


class SingleNodeEnvironment(LightningEnvironment):
    """Reports rank and world size to Lightning; Slurm's variables, which it would read otherwise, are about the sweep's jobs."""

    def __init__(self, context: DistributedContext) -> None:
        super().__init__()
        self._context = context

    @property
    def creates_processes_externally(self) -> bool:
        """Lightning launches none."""
        return True

    @property
    def main_address(self) -> str:
        """All processes are on this machine."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Where rank 0 waits for the others."""
        return self._context.port

    def world_size(self) -> int:
        """Number of processes."""
        return self._context.world_size

    def set_world_size(self, size: int) -> None:
        """Fixed when the processes were launched."""

    def global_rank(self) -> int:
        """Number of this process."""
        return self._context.rank

    def set_global_rank(self, rank: int) -> None:
        """Fixed when the process was launched."""

    def local_rank(self) -> int:
        """Number of this process on its machine."""
        return self._context.rank
