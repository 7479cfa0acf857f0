"""Sends an offline file with W&B's own `wandb sync`, in a process of its own that can be ended, and judges the result.

`wandb sync` exits with 0 when the server refuses, and marks a file as sent when the upload of its values has failed; that of
other files fails without a message. So what it prints and its log decide, and the mark is removed where data is missing.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tunesmith.configuration.secrets import BLANK, without_secrets
from tunesmith.errors import UserError
from tunesmith.loggers.wandb_offline_runs import marker

_COMMAND = (
    sys.executable,
    "-P",  # a wandb.py in the working folder is not W&B
    "-m",
    "wandb",
    "sync",
    "--include-online",
)
_CHANGED = ("WANDB_MODE", "WANDB_SILENT", "WANDB_QUIET", "WANDB_SERVICE")  # would end or mute it
_CONNECT_SECONDS = 10.0
_BYTES = 2**22  # of what W&B prints, and of its log
_LONG = re.compile(r"[\w+/=-]{40,}")  # the form of W&B's keys
_FAILED = re.compile(r"failed to upload|artifact", re.IGNORECASE)  # errors of its log after which data is missing
_CUT = "ends with an incomplete record"  # after which W&B has sent all records before it
_WITHOUT_METADATA = "wandb-metadata.json"  # which a run has not, if its command contained a key


def server() -> str:
    """The address of the W&B server that this machine uses, by W&B's settings and environment."""
    import wandb as library

    try:
        return str(library.setup().settings.base_url)
    finally:
        library.teardown()


def check_connection(address: str, *, timeout_seconds: float) -> None:
    """Check that the server, or the proxy that leads to it, takes connections.

    Raises:
        UserError: if it does not.
    """
    parts = urllib.parse.urlsplit(address)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), min(timeout_seconds, _CONNECT_SECONDS)).close()
    except OSError as error:
        raise UserError(
            f"no connection to the Weights & Biases server {without_secrets(address)} ({error.strerror or error}); connect this "
            "machine to the network, or set WANDB_BASE_URL to your server; nothing that is unsent was lost: run the "
            "command again"
        ) from error


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        left: why it was not sent, and has no mark; None if it was.
        note: about one that was sent; empty without one.
    """

    left: str | None = None
    note: str = ""


def send(file: Path, *, address: str, timeout_seconds: float) -> Outcome:
    """Send one file, to which nothing is written any more.

    Args:
        file: a `.wandb` file.
        address: of the server.
        timeout_seconds: after which W&B's process is ended.

    Raises:
        UserError: if there is no API key, or the server refuses it: no other file could be sent.
    """
    with tempfile.TemporaryDirectory(prefix="tunesmith-sync-") as folder:
        place = Path(folder)
        code = _run(file, place, address=address, timeout_seconds=timeout_seconds)
        printed = _text(place / "printed").splitlines()
        log = [entry for name in sorted(place.glob("wandb/logs/debug-sync*")) for entry in _entries(name)]
    errors = [line.partition("ERROR ")[2] for line in printed if line.startswith("wandb: ERROR ")]
    failed = [
        str(entry.get("msg"))
        for entry in log
        if str(entry.get("level")).startswith("ERROR")
        and _FAILED.search(str(entry.get("msg")))
        and _WITHOUT_METADATA not in str(entry.get("msg"))
    ]
    refused = any(entry.get("status") == 401 for entry in log)
    usage = [line.removeprefix("Error: ") for line in printed if line.startswith("Error: ")]
    cut = [error for error in errors if _CUT in error]
    if (marker(file).exists() or (cut and not usage)) and not (errors[len(cut) :] or failed or refused):
        marker(file).touch()  # W&B does not mark what was cut
        return Outcome(note="without its last record, which is incomplete: the run's process was killed" if cut else "")
    marker(file).unlink(missing_ok=True)
    if refused:
        raise UserError(
            f"the Weights & Biases server {without_secrets(address)} refuses the API key (401); expected a key of an account "
            "there: run wandb login --relogin, or set WANDB_API_KEY"
        )
    if usage:
        raise UserError(
            f"Weights & Biases: {_shown(usage[-1])}; expected the API key of an account at {without_secrets(address)}: run "
            "wandb login, or set WANDB_API_KEY"
        )
    if errors or failed:
        return Outcome(f"W&B: {_shown([*errors, *failed][0])}")
    if code is None:
        return Outcome("the server did not take all of it in time; try later, or set timeout_seconds to more")
    last = _shown(printed[-1] if printed else "no message")
    return Outcome(f"W&B did not report it as sent (exit status {code}): {last}")


def _run(file: Path, place: Path, *, address: str, timeout_seconds: float) -> int | None:
    """The exit status of W&B; None if it was ended."""
    environment = {name: value for name, value in os.environ.items() if name not in _CHANGED}
    environment |= {"WANDB_DIR": str(place), "WANDB_BASE_URL": address, "WANDB_ERROR_REPORTING": "false"}
    (place / "wandb").mkdir()
    with (place / "printed").open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603  because this Python is started, with a file
            [*_COMMAND, str(file)],
            stdin=subprocess.DEVNULL,  # it would ask for a key
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # its service process is ended with it
        )
        try:
            return process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _entries(log: Path) -> Iterator[dict[str, object]]:
    for line in _text(log).splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            if isinstance(entry := json.loads(line), dict):
                yield entry


def _text(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_BYTES).decode(errors="replace")


def _shown(message: str) -> str:
    """The first line of W&B's message, without what looks like a key: a server may repeat it."""
    line = message.strip().partition("\n")[0]
    if key := os.environ.get("WANDB_API_KEY", ""):
        line = line.replace(key, BLANK)
    return _LONG.sub(BLANK, without_secrets(line))[:300].rstrip(".")
