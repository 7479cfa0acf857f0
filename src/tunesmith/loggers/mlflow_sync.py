"""Sends what runs could not send to MLflow, to a server that the user names: a folder may be somebody else's."""

import os
from collections.abc import Iterator
from pathlib import Path

from tunesmith.configuration.secrets import without_secrets
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.loggers import mlflow_entries, mlflow_service
from tunesmith.loggers.mlflow_delivery import Delivery
from tunesmith.loggers.mlflow_service import Service
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.contained import check_contained


def unsent_runs(folder: str | Path) -> Iterator[Path]:
    """The runs in a folder, and in the folders in it, that have unsent entries; links are not followed."""
    for place, folders, names in os.walk(Path(folder).expanduser().absolute()):
        folders.sort()
        file = Path(place) / mlflow_entries.FILE
        if mlflow_entries.FILE in names and not file.is_symlink():
            yield Path(place)


def send(folder: Path, *, address: str | None, timeout_seconds: float) -> str | None:
    """Send the unsent entries of a run; None if all were sent, or why not: the rest is then kept.

    Args:
        folder: of the run.
        address: of the server or the database; None for MLFLOW_TRACKING_URI.
        timeout_seconds: after which the rest is kept.
    """
    address = address or os.environ.get("MLFLOW_TRACKING_URI")
    if address is None:
        return "no server is named: give tracking_uri=http://... or set MLFLOW_TRACKING_URI"
    if RunFolder(folder).busy:
        return "is still being written; run the command again when it has ended"
    try:
        mlflow_service.check_installed()
        check_contained(folder, finished=("wandb/*",))  # MLflow would send what `model` leads to
        start, entries = mlflow_entries.load(folder)
    except UserError as error:
        return str(error)
    if start is None:  # sent since then
        return None
    service = Service(address, folder=folder, shared=folder.parent, timeout_seconds=timeout_seconds)
    failure = Delivery(service, folder, start, entries).close(timeout_seconds=timeout_seconds)
    return None if failure is None else without_secrets(first_line(failure))
