"""A run at an MLflow server, or in a database of MLflow's, through MLflow's own client.

Everything may be done twice: a run is found again by its token, metrics of the same time are stored once, and the rest is replaced.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tunesmith.errors import UserError
from tunesmith.loggers.mlflow_entries import Artifact, End, Entry, Model, Start, Tags, Values
from tunesmith.storage.files import Lock

TAG = "tunesmith.token"  # finds a run again
_PARENT = "mlflow.parentRunId"
_SCHEMES = ("http", "https", "sqlite")
_POLL_SECONDS = 0.05
_AT_ONCE = 1000  # metrics, of one request


def check_address(address: str) -> None:
    """Check the address of a server or a database.

    Raises:
        UserError: if it is none, or has a password; the message does not repeat one.
    """
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES:
        raise UserError(
            f"tracking_uri={address.rpartition('@')[2]}; expected a server, such as http://localhost:5000, or a database, such as "
            "sqlite:///mlflow.db (MLflow no longer writes to folders)"
        )
    if "@" in parts.netloc:
        raise UserError(
            "tracking_uri has a user or a password, and a config is written to files; expected only the address: set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        )


def check_installed() -> None:
    """Import MLflow, without what it does besides.

    Raises:
        UserError: if it is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")  # its log goes to train.log
    try:
        import mlflow.tracking  # noqa: F401
    except ImportError as error:
        raise UserError(
            "logger=mlflow needs MLflow, which is not installed; run: pip install 'tunesmith[mlflow]', or choose another logger"
        ) from error


class Service:
    """One run.

    Args:
        address: of the server or the database.
        folder: of the run.
        shared: a folder that the runs of a sweep share: its lock lets one of them make the parent run, or the database.
        timeout_seconds: for a request.
    """

    def __init__(self, address: str, *, folder: Path, shared: Path, timeout_seconds: float) -> None:
        self._address, self._folder, self._shared = address, folder, shared
        # MLflow's own would be 7 retries of 120 s each.
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(max(1, round(timeout_seconds)))
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
        self._client: Any = None
        self._run_id = ""
        self._last: dict[str, int] = {}  # by metric, the last step that an earlier attempt at the run has logged

    def begin(self, start: Start, *, stopped: Callable[[], bool]) -> None:
        """Create the run, or continue the one with its token.

        Args:
            start: of the run.
            stopped: whether it may no longer wait for the lock.
        """
        if self._run_id:
            return
        from mlflow.entities import Param, RunTag
        from mlflow.tracking import MlflowClient

        self._shared.mkdir(parents=True, exist_ok=True)
        lock = Lock(self._shared)
        while not lock.take():
            if stopped():
                raise TimeoutError("another run holds the lock")
            time.sleep(_POLL_SECONDS)
        try:
            self._client = self._client or MlflowClient(tracking_uri=self._address)
            experiment = self._experiment(start.experiment)
            parent = self._parent(experiment, start) if start.sweep else {}
        finally:
            lock.release()
        tags = start.tags | parent | {TAG: start.token}
        run = self._find(experiment, start.token)
        if run is None:
            run = self._client.create_run(experiment, start.milliseconds, tags, start.name)
        else:
            self._client.update_run(run.info.run_id, status="RUNNING", name=start.name)
            self._last = {metric.key: metric.step for metric in run.data.to_proto().metrics}
        params = [Param(key, value) for key, value in start.params.items() if key not in run.data.params]
        self._client.log_batch(run.info.run_id, params=params, tags=[RunTag(*tag) for tag in tags.items()])
        self._run_id = run.info.run_id

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        place = None
        if self._address.startswith("sqlite:///"):  # beside it; MLflow's own would be a folder of the working folder
            database = Path(self._address.removeprefix("sqlite:///")).absolute()
            place = (database.parent / "artifacts").as_uri()
        return str(self._client.create_experiment(name, place))

    def _parent(self, experiment: str, start: Start) -> dict[str, str]:
        """The tag that makes this run a child of its sweep's run, which only holds its children."""
        run = self._find(experiment, start.sweep)
        if run is None:
            tags = {TAG: start.sweep, "job_type": "sweep"}
            run = self._client.create_run(experiment, start.milliseconds, tags, f"sweep {start.sweep}")
        if run.info.status == "RUNNING":
            self._client.set_terminated(run.info.run_id)
        return {_PARENT: run.info.run_id}

    def _find(self, experiment: str, token: str) -> Any:
        found = self._client.search_runs([experiment], f"tags.`{TAG}` = '{token}'", max_results=1)
        return found[0] if found else None

    def send(self, entries: Sequence[Entry]) -> int:
        """Send the first entries, values of several steps at once; how many."""
        entry = entries[0]
        if isinstance(entry, Values):
            return self._send_values(entries)
        if isinstance(entry, Tags):
            for tag in entry.tags.items():
                self._client.set_tag(self._run_id, *tag)
        elif isinstance(entry, Artifact):
            folder, _, name = entry.name.rpartition("/")
            with tempfile.TemporaryDirectory(prefix="tunesmith-mlflow-") as place:
                (Path(place) / name).write_bytes(entry.content)
                self._client.log_artifact(self._run_id, str(Path(place) / name), folder or None)
        elif isinstance(entry, Model):
            self._client.log_artifacts(self._run_id, str(self._folder / "model"), "model")
        elif isinstance(entry, End):
            self._client.set_terminated(self._run_id, entry.status, entry.milliseconds)
        return 1

    def _send_values(self, entries: Sequence[Entry]) -> int:
        from mlflow.entities import Metric

        metrics: list[Metric] = []
        count = 0
        for entry in entries:
            if not isinstance(entry, Values) or (count and len(metrics) + len(entry.values) > _AT_ONCE):
                break
            metrics += [
                Metric(name, value, entry.milliseconds, entry.step)
                for name, value in entry.values.items()
                if entry.step > self._last.get(name, -1)  # a resumed run repeats what came after its checkpoint
            ]
            count += 1
        self._client.log_batch(self._run_id, metrics=metrics)
        return count
