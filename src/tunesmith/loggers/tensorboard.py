"""TensorBoard event files in the run's folder."""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning_fabric.loggers.logger import _DummyExperiment as DummyExperiment
from pytorch_lightning.loggers import TensorBoardLogger

from tunesmith.configuration.saved import to_yaml
from tunesmith.documents.markdown import literal
from tunesmith.documents.markdown import table as markdown
from tunesmith.documents.numbers import number
from tunesmith.loggers.failures import Failures
from tunesmith.loggers.results import Results, pixels, plain
from tunesmith.loggers.run_description import RunDescription
from tunesmith.loggers.tensorboard_hparams import hparams

if TYPE_CHECKING:
    from tunesmith.documents.document import Table

LOG = logging.getLogger("tunesmith")
_ALL = 20  # rows of a table of errors


class TensorBoard(TensorBoardLogger):
    """Lightning's TensorBoardLogger; a full disk ends it, not the run.

    Args:
        begins: whether the run does, and does not resume.
    """

    def __init__(self, *arguments: Any, begins: bool, **settings: Any) -> None:
        self._failures = Failures("TensorBoard")
        self._begins = begins
        self._config: dict[str, Any] = {}
        self._name_of_run = ""
        super().__init__(*arguments, **settings)
        _log_errors_of_its_thread()

    @property
    def experiment(self) -> Any:
        """The writer of the event file; one that does nothing if there is no such file."""
        if not self._failures.occurred:
            with self._failures:
                return super().experiment
        return DummyExperiment()

    def describe(self, description: RunDescription) -> None:
        """Write the config and the command as texts."""
        self._config, self._name_of_run = description.config, description.name
        texts = {"config": to_yaml(description.config), "command": description.notes}
        with self._failures:
            for name, text in texts.items():
                if self._begins:
                    self.experiment.add_text(name, _indented(text), 0)

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Log all values of a step as one event, unless that has failed before."""
        if not self._failures.occurred:
            with self._failures:
                from tensorboard.compat.proto.summary_pb2 import Summary

                values = [Summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
                self._add(Summary(value=values), step)

    def complete(self, results: Results) -> None:
        """Log final scores with the config as HParams, figures as images, and tables as texts."""
        if self._failures.occurred:
            return
        with self._failures:
            writer = self.experiment
            self.log_metrics(results.final, results.step)
            for summary in hparams(self._config, self._name_of_run, results.final):
                self._add(summary, None)
            for picture in results.pictures:
                writer.add_image(f"figures/{picture.name}", pixels(picture.figure), results.step, dataformats="HWC")
            for table in results.tables(texts=_ALL):  # of this machine
                writer.add_text(f"tables/{table.name}", _shown(table), results.step)

    def _add(self, summary: Any, step: int | None) -> None:
        writer = self.experiment
        if not isinstance(writer, DummyExperiment):
            writer._get_file_writer().add_summary(summary, step)

    def save(self) -> None:
        """Write what is not written yet."""
        if not self._failures.occurred:
            with self._failures:
                super().save()

    def finalize(self, status: str) -> None:
        """Close the event file."""
        with self._failures:
            super().finalize(status)


def _log_errors_of_its_thread() -> None:
    """Log what TensorBoard's thread raises, which its next call raises again, instead of printing a traceback."""
    print_traceback = threading.excepthook
    if getattr(print_traceback, "is_of_tensorboard", False):
        return

    def hook(arguments: Any) -> None:
        if type(arguments.thread).__module__.startswith("tensorboard."):
            LOG.warning("TensorBoard's thread failed: %s", arguments.exc_value)
        else:
            print_traceback(arguments)

    hook.is_of_tensorboard = True  # type: ignore[attr-defined]
    threading.excepthook = hook


def tensorboard(folder: Path, config: dict[str, Any], step: int) -> TensorBoard:
    """A TensorBoard logger that writes to `<run>/tensorboard/`."""
    # Readers drop what an earlier attempt has logged from that step on.
    return TensorBoard(folder, name="tensorboard", version="", begins=not step, purge_step=step + 1 if step else 0)


def _shown(table: "Table") -> str:
    rows = [
        [number(value, table.decimals) if isinstance(value, float) else value for value in map(plain, row)]
        for row in table.rows
    ]
    return "\n\n".join([literal(table.title), markdown(table.headings, rows), literal(table.note)])


def _indented(text: str) -> str:
    """A text that TensorBoard's Markdown shows as it is."""
    return "".join(f"    {line}\n" for line in text.splitlines())
