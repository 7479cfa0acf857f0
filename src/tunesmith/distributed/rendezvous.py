"""Where the ranks of a run meet: on the loopback address, since what they exchange is unpickled.

By default torch's store listens on all addresses of the machine, and gloo and NCCL on that of its host name.
"""

import os
import socket
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from tunesmith.distributed.context import DistributedContext

LOOPBACK = "127.0.0.1"


def listen() -> socket.socket:
    """A socket that listens on a free port of the loopback address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((LOOPBACK, 0))
    listener.listen(socket.SOMAXCONN)
    return listener


def connect(context: DistributedContext, backend: str, device: torch.device, *, timeout: timedelta) -> None:
    """Join the process group of a run.

    Args:
        context: of this process; that of rank 0 has the listening socket.
        backend: gloo or nccl.
        device: of this rank.
        timeout: for each collective.
    """
    name = _loopback_interface()
    if name is not None:
        os.environ |= {"GLOO_SOCKET_IFNAME": name, "NCCL_SOCKET_IFNAME": f"={name}"}
    options: dict[str, Any] = {"timeout": timedelta(seconds=timeout.total_seconds())}
    if context.listener is not None:
        options["master_listen_fd"] = os.dup(context.listener)  # which the store closes
    store = TCPStore(LOOPBACK, context.port, context.world_size, context.is_rank_zero, **options)
    dist.init_process_group(
        backend,
        store=store,
        rank=context.rank,
        world_size=context.world_size,
        timeout=timeout,
        device_id=device if device.type != "cpu" else None,
    )


def _loopback_interface() -> str | None:
    """`lo` on Linux, `lo0` on macOS."""
    return next((name for _, name in socket.if_nameindex() if name in ("lo", "lo0")), None)
