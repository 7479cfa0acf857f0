"""tunesmith from Python: the same runs as on the command line, given by the same words.

    import tunesmith

    run = tunesmith.train("backbone=bert", "dataset=csv", "dataset.train=train.csv")
    run.scores["validation/accuracy"]
    run.predict(["a gripping story"])[0]["prediction"]
    tunesmith.load("runs/NAME/ID").evaluate("dataset=csv", "dataset.test=new.csv")
    tunesmith.report("runs/")

What is wrong with settings or data raises `UserError` with the message that the command prints. A program's own logging,
warnings and `sys.path` are as before when a function returns; `train` seeds the random states of Python, NumPy and torch,
which are then those of the run.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.commands.arguments import RunArguments, TrainArguments
from tunesmith.errors import UserError
from tunesmith.errors.safe_path import VARIABLE

if TYPE_CHECKING:
    import pandas

    from tunesmith.prediction.given_rows import Inputs
    from tunesmith.prediction.predict import Predictor
    from tunesmith.runs.folder import RunFolder

__all__ = ["Run", "UserError", "load", "sweep", "train"]


class Run:
    """A completed run; `train` and `load` return it.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: "RunFolder") -> None:
        self._folder = folder
        self._predictor: tuple[tuple[str, ...], Predictor] | None = None

    def __repr__(self) -> str:
        return f"tunesmith.load({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """Its folder; `path / "model"` is a Hugging Face checkpoint."""
        return self._folder.path

    @property
    def config(self) -> dict[str, Any]:
        """Its resolved config, read again each time: changing it changes nothing.

        Raises:
            UserError: if the file is damaged.
        """
        return self._folder.config()

    @property
    def scores(self) -> dict[str, float]:
        """Its final scores by name, such as `test/accuracy`; NaN for a score that is not a number.

        Raises:
            UserError: if the file is damaged.
        """
        return self._folder.scores()

    def predict(self, inputs: "Inputs", *settings: str) -> list[dict[str, Any]]:
        """What `tunesmith predict` writes as JSON lines: each row's own columns, and its results.

        The model is loaded with the first call, and again only for other settings.

        Args:
            inputs: texts, or dictionaries of columns, such as a pair's two.
            settings: changes of the run's config, such as `dataset.eval_batch_size=64`.

        Raises:
            UserError: for wrong settings, a row without the model's columns, and a damaged model.
        """
        from tunesmith.configuration.changed import changed
        from tunesmith.training import logging_setup

        given = self._given(settings)
        with logging_setup.restored():
            logging_setup.configure_libraries()
            logging_setup.log_to(None)
            from tunesmith.prediction.given_rows import given_rows
            from tunesmith.prediction.output_files import record
            from tunesmith.prediction.predict import Predictor
            from tunesmith.storage.files import with_null

            if self._predictor is None or self._predictor[0] != settings:
                self._predictor = settings, Predictor(given.run, changed(given.run.config(), given.settings))
            predictor = self._predictor[1]
            return [
                with_null(record(row, result))
                for rows, results in predictor.chunks(given_rows(inputs, predictor.task))
                for row, result in zip(rows, results, strict=True)
            ]

    def evaluate(self, *settings: str) -> dict[str, float]:
        """Scores by name, such as `test/accuracy`, on the run's own data or on other data; NaN where one is no number.

        Args:
            settings: as `tunesmith evaluate` takes them: `dataset=csv`, `dataset.test=FILE`; `output=DIR` to write the
                scores, those of each label, and the predictions.

        Raises:
            UserError: for wrong settings, and data that cannot be read as the run's.
        """
        from tunesmith.commands.evaluate import scored
        from tunesmith.training import logging_setup

        given = self._given(settings, optional=["output"])
        with logging_setup.restored():
            from tunesmith.runs.scores import numbers

            return numbers(scored(given)[1])

    def _given(self, settings: Sequence[str], *, optional: Sequence[str] = ()) -> RunArguments:
        return RunArguments.parse([f"run={self.path}", *_words(settings)], optional=optional)


def train(*overrides: str, config_dir: str | Path | None = None) -> Run:
    """Train one run in this process, or return it if it is completed; an interrupted one is resumed.

    It prints what the command prints, but for the progress bar: `trainer.progress_bar=true` shows that too.

    Args:
        overrides: `group=choice` and `key=value`, as `tunesmith train` takes them.
        config_dir: a folder of your own config groups.

    Raises:
        UserError: with all mistakes of settings and data, before a model is loaded.
        tunesmith.errors.Interrupted: after Ctrl-C or SIGTERM; a checkpoint was saved, and the same call resumes.
    """
    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.checks.dropped import dropped_defaults
    from tunesmith.configuration.compose import compose
    from tunesmith.runs.completed import completed_run
    from tunesmith.runs.folder import RunFolder
    from tunesmith.training import logging_setup

    words = _overrides(overrides)
    config = compose(words, config_dir=_text(config_dir))
    check(config)
    if config["trainer"]["devices"] > 1:
        raise UserError(
            f"trainer.devices is {config['trainer']['devices']}, but tunesmith.train runs in this process, which cannot be forked "
            "safely once it has computed; use tunesmith.sweep with the same words, whose jobs have processes of their own"
        )
    if not any(word.lstrip("+").startswith("trainer.progress_bar=") for word in words):
        config["trainer"]["progress_bar"] = False
    for line in dropped_defaults(config):
        print(line)
    with logging_setup.restored():
        folder = completed_run(config)
        if folder is None:
            logging_setup.configure_libraries()
            from tunesmith.training.train import train as trained

            folder = trained(config)
    return Run(RunFolder(folder.path))


def load(path: str | Path) -> Run:
    """A completed run by its folder, `runs/<name>/<run id>`.

    Raises:
        UserError: if there is no run, or it is not completed.
    """
    from tunesmith.runs.folder import RunFolder

    if not isinstance(path, str | Path):
        raise UserError(f"load received {path!r:.80}; expected the folder of a run, as a text or a path")
    return Run(RunFolder.open(path))


def sweep(*overrides: str, config_dir: str | Path | None = None) -> "pandas.DataFrame":
    """Run the remaining jobs of a sweep, each in a process of its own, and return its results as `report` does.

    A job that has failed stops no other: the column `states` counts it.

    Args:
        overrides: as `tunesmith train -m` takes them: `optimizer.lr=1e-4,1e-3`, `sweep=tpe`, `sweep.seeds=[1,2]`.
        config_dir: a folder of your own config groups.

    Raises:
        UserError: with the mistakes of all jobs, before the first has started.
        tunesmith.errors.Interrupted: after Ctrl-C or SIGTERM; the same call resumes.
    """
    from tunesmith.report.data_frame import data_frame
    from tunesmith.report.results import write_results
    from tunesmith.sweeps.sweep import sweep as swept
    from tunesmith.training import logging_setup

    if threading.current_thread() is not threading.main_thread():
        raise UserError("tunesmith.sweep is called in a thread; expected the main thread, which alone receives Ctrl-C")
    finished = []

    def write(folder: Any) -> None:
        write_results(folder)
        finished.append(folder.path)

    with logging_setup.restored(), _search_path_restored():
        swept(_overrides(overrides), config_dir=_text(config_dir), report=write)
    return data_frame(finished)


def _overrides(given: Sequence[str]) -> list[str]:
    """Words that are no options of the command line, which are refused."""
    parsed = TrainArguments.parse(_words(given))
    if options := [word for word in given if word not in parsed.overrides]:
        raise UserError(
            f"{' '.join(options)}: options are for the command line; expected group=choice and key=value "
            "(-m: tunesmith.sweep, --config-dir DIR: config_dir=DIR, --cfg: the config of a run)"
        )
    return parsed.overrides


def _words(given: Sequence[str]) -> list[str]:
    for word in given:
        if not isinstance(word, str):
            raise UserError(
                f'received {word!r:.80}; expected texts of their own, such as "seed=1", "trainer.max_epochs=2"; '
                "those of a list: function(*words)"
            )
    return list(given)


def _text(folder: str | Path | None) -> str | None:
    return None if folder is None else str(folder)


@contextlib.contextmanager
def _search_path_restored() -> Iterator[None]:
    """A sweep takes the working folder from `sys.path` for its jobs; afterwards the caller has it again."""
    path, safe = sys.path[:], os.environ.get(VARIABLE)
    try:
        yield
    finally:
        sys.path[:] = path
        if safe is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = safe
