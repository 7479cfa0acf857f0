"""tunesmith: config-driven fine-tuning of pretrained transformers; `tunesmith.api` says how it is used from Python.

Names are imported when they are first used (PEP 562), so that `import tunesmith` imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas

    from tunesmith.api import Run, UserError, load, sweep, train

    def report(*places: str | Path) -> pandas.DataFrame:
        """A row for each configuration, the best first; see `tunesmith.report.data_frame.data_frame`."""


__all__ = ["Run", "UserError", "load", "report", "sweep", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "report":  # a package that can be called: its name is taken as soon as it is imported
        return import_module("tunesmith.report")
    return getattr(import_module("tunesmith.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
