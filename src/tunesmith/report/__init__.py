"""Reads runs, and groups those that differ only in their seed. `tunesmith.report(DIR, ...)` is their results as a table.

A package becomes an attribute of its parent when it is imported, so `tunesmith.report` is this module in any case: it can
be called, which a module's class decides (Python's data model, "Customizing module attribute access").
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


class _Report(ModuleType):
    def __call__(self, *places: str | Path) -> "pandas.DataFrame":
        """A row for each configuration, the best first; see `tunesmith.report.data_frame.data_frame`."""
        from tunesmith.report.data_frame import data_frame

        return data_frame(places)


sys.modules[__name__].__class__ = _Report
