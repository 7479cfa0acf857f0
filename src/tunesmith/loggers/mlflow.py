"""MLflow: a run with its parameters, its metrics by optimizer step, its final scores and how it ended.

A run is in the terms of MLflow what it is in those of W&B: `tunesmith.loggers.run_description` and
`tunesmith.loggers.results` decide what is logged.
"""

import io
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any, Literal

from lightning_fabric.utilities.rank_zero import rank_zero_only

from tunesmith.configuration.ranges import NonNegativeInt, PositiveFloat
from tunesmith.configuration.saved import to_yaml
from tunesmith.configuration.secrets import without_secrets
from tunesmith.documents.comma_separated import as_csv
from tunesmith.errors.messages import first_line
from tunesmith.loggers import mlflow_entries, mlflow_service
from tunesmith.loggers.failures import Failures
from tunesmith.loggers.flat_config import flat
from tunesmith.loggers.mlflow_delivery import Delivery
from tunesmith.loggers.mlflow_entries import Artifact, End, Model, Start, Tags, Values
from tunesmith.loggers.mlflow_service import Service
from tunesmith.loggers.results import Results, pixels
from tunesmith.loggers.run_description import RunDescription
from tunesmith.loggers.run_logger import RunLogger
from tunesmith.loggers.service_id import kept_id

_STATUS: dict[str, Literal["FINISHED", "FAILED", "KILLED"]] = {
    "done": "FINISHED",
    "pruned": "FINISHED",  # the search wanted it so; the tag `state` tells it from a completed run
    "failed": "FAILED",
    "interrupted": "KILLED",
}
_NOT_IN_NAMES = re.compile(r"[^\w.\- /]")  # MLflow refuses them, and with them all values of the request
# Characters that MLflow takes; it cuts or refuses longer texts.
_NAME, _PARAM, _TAG = 250, 6000, 8000
_CUT = " ... (cut; the artifact config.yaml has all of it)"


class MlflowRun(RunLogger):
    """Lightning's MLFlowLogger would wait for the server in each step, and cut parameters without a message.

    Args:
        folder: of the run.
        service: its run at MLflow.
        step: that the run resumes from; 0 for a new one.
        experiment: name of MLflow's experiment.
        token: by which the run is found again.
        worst_errors: see `mlflow`.
        upload_model: see `mlflow`.
        timeout_seconds: see `mlflow`.
    """

    def __init__(
        self,
        folder: Path,
        service: Service,
        *,
        step: int,
        experiment: str,
        token: str,
        worst_errors: int,
        upload_model: bool,
        timeout_seconds: float,
    ) -> None:
        super().__init__()
        self._folder, self._service, self._experiment, self._token = folder, service, experiment, token
        self._step = step
        self._worst_errors, self._upload_model = worst_errors, upload_model
        self._timeout_seconds = timeout_seconds
        self._failures = Failures("MLflow")
        self._delivery: Delivery | None = None

    def describe(self, description: RunDescription) -> None:
        """Begin to create or continue the MLflow run, which no step waits for.

        Args:
            description: of the run.

        Raises:
            UserError: if the file with entries of an earlier attempt is damaged.
        """
        config = description.config
        tags = {
            "mlflow.note.content": f"`{description.notes}`",
            "mlflow.source.name": "tunesmith",
            "mlflow.source.git.commit": config.get("git_commit", ""),
            "group": description.group,
            "job_type": description.job_type,
            "tags": ", ".join(description.tags),
            "sweep_id": config.get("sweep_id", ""),
            "previous_run": config.get("previous_run", ""),
        }
        start = Start(
            token=self._token,
            experiment=self._experiment,
            name=_text(description.name, _NAME),
            tags={key: _text(value, _TAG) for key, value in tags.items() if value},
            params={_key(path): _text(str(value), _PARAM) for path, value in flat(config)},
            sweep=str(config.get("sweep_id", "")),
            milliseconds=_now(),
        )
        _, unsent = mlflow_entries.load(self._folder)
        # The values after the checkpoint are logged again.
        unsent = [entry for entry in unsent if not isinstance(entry, Values) or entry.step <= self._step]
        self._delivery = Delivery(self._service, self._folder, start, unsent, report=_report)
        self._delivery.add(Artifact("config.yaml", _encoded(to_yaml(config))))

    @rank_zero_only
    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Log the values of an optimizer step."""
        if self._delivery is not None and step is not None:
            values = {_key(name): float(value) for name, value in metrics.items()}
            self._delivery.add(Values(step, values, _now()))

    @rank_zero_only
    def save(self) -> None:
        """Keep what is unsent in the run's folder: the checkpoint that is about to be saved comes after it."""
        if self._delivery is not None:
            self._delivery.keep()

    def complete(self, results: Results) -> None:
        """Log final scores as metrics, figures and tables as artifacts, and the model if asked for."""
        if self._delivery is None:
            return
        self.log_metrics(results.final, results.step)
        fingerprints = results.data.get("fingerprints", {})
        self._delivery.add(Tags({f"data.{_key(split)}": str(value) for split, value in fingerprints.items()}))
        with self._failures:
            for picture in results.pictures:
                self._delivery.add(Artifact(f"figures/{picture.name}.png", _png(pixels(picture.figure))))
            for table in results.tables(texts=self._worst_errors):
                self._delivery.add(Artifact(f"tables/{table.name}.csv", _encoded(as_csv(table))))
        if self._upload_model:
            self._delivery.add(Model())

    def close(self, state: str) -> None:
        """Send the rest, and end the MLflow run.

        Args:
            state: of the run: done, failed, interrupted or pruned.
        """
        if self._delivery is not None:
            self._delivery.add(Tags({"state": state}))
            self._delivery.add(End(_STATUS[state], _now()))
            error = self._delivery.close(timeout_seconds=self._timeout_seconds)
            if error is not None:
                rest = f"send the rest later: tunesmith sync {self._folder} tracking_uri=..."
                print(
                    f"MLflow did not take everything ({_shown(error)}); "
                    f"{'the rest is lost' if self._delivery.lost else rest}",
                    flush=True,
                )
            self._delivery = None


def mlflow(
    folder: Path,
    config: dict[str, Any],
    step: int,
    *,
    project: str,
    tracking_uri: str | None,
    worst_errors: NonNegativeInt,
    upload_model: bool,
    timeout_seconds: PositiveFloat,
) -> MlflowRun:
    """An MLflow run; the runs of a sweep are children of one run.

    Args:
        project: MLflow's experiment.
        tracking_uri: of a server or a database; null for $MLFLOW_TRACKING_URI, or a database in output_dir.
        worst_errors: rows, at most 20, of a table with the worst errors of each scored split: their texts leave the machine.
        upload_model: log the folder of the selected model as an artifact.
        timeout_seconds: how long the end of a run, and a request, wait for the server.
    """
    mlflow_service.check_installed()
    shared = Path(str(config["output_dir"])).absolute() / "mlflow"
    address = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{shared / 'mlflow.db'}"
    if tracking_uri:
        mlflow_service.check_address(tracking_uri)
    service = Service(address, folder=folder, shared=shared, timeout_seconds=timeout_seconds)
    return MlflowRun(
        folder,
        service,
        step=step,
        experiment=project,
        token=kept_id(folder / "mlflow_token.txt", lambda: secrets.token_hex(16)),
        worst_errors=worst_errors,
        upload_model=upload_model,
        timeout_seconds=timeout_seconds,
    )


def _report(error: Exception) -> None:
    print(
        f"MLflow does not take values ({_shown(error)}); the run continues, and they are sent again later", flush=True
    )


def _shown(error: Exception) -> str:
    return without_secrets(first_line(error))


def _now() -> int:
    return time.time_ns() // 1_000_000


def _key(name: str) -> str:
    """A name that MLflow takes."""
    return "/".join(part for part in _NOT_IN_NAMES.sub("_", name).split("/") if part.strip("."))[:_NAME]


def _text(text: str, width: int) -> str:
    text = _encoded(text).decode()
    return text if len(text) <= width else text[: width - len(_CUT)] + _CUT


def _encoded(text: str) -> bytes:
    """UTF-8, without halves of characters that a command line may have."""
    return text.encode("utf-8", errors="replace")


def _png(picture: Any) -> bytes:
    from matplotlib import image

    content = io.BytesIO()
    image.imsave(content, picture, format="png")
    return content.getvalue()
