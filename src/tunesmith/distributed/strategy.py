"""Lightning's DDP for processes that tunesmith has launched on one machine."""

from typing import Any

import torch
import torch.distributed as dist
from pytorch_lightning.strategies import DDPStrategy

from tunesmith.distributed import rendezvous
from tunesmith.distributed.context import DistributedContext


class SingleNodeDDP(DDPStrategy):
    """Connects the ranks by the loopback address.

    Args:
        context: rank and world size of this process.
        settings: of `DDPStrategy`.
    """

    def __init__(self, context: DistributedContext, **settings: Any) -> None:
        super().__init__(**settings)
        self._context = context

    def setup_distributed(self) -> None:
        """Join the process group, which Lightning then finds initialised."""
        if not dist.is_initialized():
            backend = self._get_process_group_backend()
            rendezvous.connect(self._context, backend, self.root_device, timeout=self._timeout)  # type: ignore[arg-type]
        with torch.random.fork_rng():  # Lightning would seed all ranks alike, and so their dropout masks
            super().setup_distributed()
