"""What a run has shown, for its loggers: final scores, and the tables and figures of its predictions, as in the report."""

import functools
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tunesmith.runs.folder import RunFolder

if TYPE_CHECKING:  # a run whose loggers draw nothing does without matplotlib
    from matplotlib.figure import Figure

    from tunesmith.documents.document import Cell, Picture, Table

_DPI = 120
_WORST = "-worst"  # how the names of tables end that have texts of the data


@dataclass(frozen=True)
class Results:
    """The results of a run whose model has been scored and saved.

    Attributes:
        run: its folder, with the predictions of each scored split.
        scores: of the selected weights, such as `test/f1`; NaN for one that is not defined.
        data: the `data` of its manifest: fingerprints, rows and labels.
        step: completed optimizer steps.
    """

    run: RunFolder
    scores: Mapping[str, float]
    data: Mapping[str, Any]
    step: int

    @property
    def final(self) -> dict[str, float]:
        """The scores as `final/test/f1`: apart from the series of the epochs, one of which was selected."""
        return {f"final/{name}": value for name, value in self.scores.items()}

    @functools.cached_property
    def _parts(self) -> list[Any]:
        from tunesmith.analyses import predictions

        splits = predictions.splits(self.run)
        return [part for split in splits for part in predictions.of_runs([self.run], split).parts]

    @property
    def pictures(self) -> "Iterator[Picture]":
        """The figures of all splits."""
        from tunesmith.documents.document import Picture

        return (part for part in self._parts if isinstance(part, Picture))

    def tables(self, *, texts: int) -> "Iterator[Table]":
        """The tables of all splits.

        Args:
            texts: rows of each table with texts of the data, which has at most 20; 0 for no such table.
        """
        from tunesmith.documents.document import Table

        for part in self._parts:
            if isinstance(part, Table) and not part.name.endswith(_WORST):
                yield part
            elif isinstance(part, Table) and texts:
                yield Table(part.name, part.title, part.headings, part.rows[:texts], part.note, part.decimals)


def pixels(figure: "Figure") -> np.ndarray:
    """(height, width, 3) the figure on white, 0 to 255."""
    from matplotlib import image

    from tunesmith.figures import style

    content = io.BytesIO()
    with style.look():
        figure.savefig(content, format="png", dpi=_DPI, facecolor="white", transparent=False)
    content.seek(0)
    return np.asarray(image.imread(content)[..., :3] * 255).round().astype(np.uint8)


def plain(cell: "Cell") -> str | int | float | None:
    """A cell as a value; a mean without the deviation that a single run does not have."""
    from tunesmith.documents.document import Score

    return cell.mean if isinstance(cell, Score) else cell
