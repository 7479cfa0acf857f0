"""The ranks of a run listen on the loopback address only; the reference is the kernel's table of sockets."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import torch

from tunesmith.distributed import collectives, rendezvous
from tunesmith.distributed.context import DistributedContext

LISTENS = "0A"  # in /proc/net/tcp
TABLES = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]


def listening() -> set[str]:
    """The addresses, in hexadecimal digits, on which this process listens."""
    links = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    own = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    rows = [line.split() for table in TABLES if table.is_file() for line in table.read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == LISTENS and row[9] in own}


@pytest.mark.skipif(not TABLES[0].is_file(), reason="needs Linux's /proc")
def test_only_the_loopback_address_is_listened_on(monkeypatch):
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    before = listening()
    with rendezvous.listen() as listener:
        context = DistributedContext(0, 1, listener.getsockname()[1], listener.fileno())
        rendezvous.connect(context, "gloo", torch.device("cpu"), timeout=timedelta(seconds=30))
        try:
            assert listening() - before == {"0100007F"}
            assert os.environ["GLOO_SOCKET_IFNAME"] == "lo"
        finally:
            collectives.destroy_process_group()
