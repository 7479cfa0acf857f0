"""The rows of predictions/<split>.jsonl that analyses read: their examples, which seeds share, and the worst errors among them."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xxhash

from tunesmith.documents.document import Cell, Part, Score, Table
from tunesmith.errors import UserError
from tunesmith.errors.messages import one_line, shortened

Row = Mapping[str, Any]
WORST = 20  # errors listed
TEXT = 200  # characters of a text that are shown


def numbered(rows: Iterable[Row], keys: Mapping[str, type | tuple[type, ...]]) -> Iterator[tuple[int, Row]]:
    """Each row and its number, from 1.

    Args:
        rows: in the order of the data.
        keys: that each row has to have, and the types of their values.

    Raises:
        UserError: for a row that has them not, and if there are no rows.
    """
    number = 0
    for number, row in enumerate(rows, start=1):
        for key, types in keys.items():
            if not isinstance(row.get(key), types):
                what = f"has no {key!r}" if key not in row else f"has {shortened(repr(row[key]))} as {key!r}"
                raise wrong(number, f"{what}; expected {', '.join(keys)} as the task writes them")
        yield number, row
    if not number:
        raise UserError("the predictions have no rows; expected one for each example")


NUMBER = (float, int, type(None))  # null is a number that is not finite


def wrong(number: int, what: str) -> UserError:
    """The error for a row that is not as the task writes it."""
    return UserError(
        f"row {number:,} of the predictions {what}; score the run again: tunesmith evaluate run=DIR output=DIR"
    )


def number_of(value: Any) -> float:
    """A number; NaN for null, which stands for a number that is not finite."""
    return math.nan if value is None else float(value)


class Examples:
    """What is the same in all seeds, the gold annotation of each example; and where a seed's predictions are wrong."""

    def __init__(self) -> None:
        self._digest = xxhash.xxh3_128()
        self.wrong: list[bool] = []  # by example
        self._worst: list[tuple[float, int, tuple[Cell, ...]]] = []  # a heap: badness, minus its number, cells

    def add(self, row: Row, gold: Any, *, wrong: bool, badness: float, cells: Callable[[], tuple[Cell, ...]]) -> None:
        """Add the next example.

        Args:
            row: its row.
            gold: its annotation.
            wrong: whether its prediction is.
            badness: larger for a worse error; NaN counts as the smallest.
            cells: of its row in the table of the worst errors, without its id.
        """
        number = len(self.wrong)
        name = str(row.get("id", number))
        self._digest.update(f"{name}\0{gold!r}\0".encode(errors="surrogatepass"))
        self.wrong.append(wrong)
        if not wrong:
            return
        order = (-math.inf if math.isnan(badness) else badness, -number)
        if len(self._worst) < WORST:
            heapq.heappush(self._worst, (*order, (name, *cells())))
        elif order > self._worst[0][:2]:
            heapq.heapreplace(self._worst, (*order, (name, *cells())))

    @property
    def key(self) -> str:
        """Identifies the examples and their annotation."""
        return self._digest.hexdigest()

    @property
    def worst(self) -> list[tuple[float, int, tuple[Cell, ...]]]:
        """Badness, minus the number, and cells of the worst errors."""
        return self._worst


def check_same(seeds: Sequence[Examples]) -> None:
    """Check that all seeds have predicted the same examples.

    Raises:
        UserError: if they have not, so that their errors cannot be averaged.
    """
    if len({seed.key for seed in seeds}) > 1:
        raise UserError(
            "the seeds have predictions for different examples or labels; expected the same data; report runs on different "
            "data separately"
        )


def worst_table(
    seeds: Sequence[Examples], headings: Sequence[str], *, name: str, title: str, note: str, ranked: bool = False
) -> Table | None:
    """At most 20 errors, the worst of any seed first, each example once; None without errors.

    Args:
        seeds: the examples of each.
        headings: of the cells.
        name: of the table's file.
        title: of the table.
        note: below it.
        ranked: examples are not right or wrong, but better or worse.
    """
    found: dict[int, tuple[float, int, tuple[Cell, ...]]] = {}
    for entry in sorted((entry for seed in seeds for entry in seed.worst), key=lambda entry: entry[:2], reverse=True):
        found.setdefault(-entry[1], entry)
    chosen = list(found.items())[:WORST]
    if not chosen:
        return None
    times = np.array([seed.wrong for seed in seeds]).sum(0)
    several = len(seeds) > 1 and not ranked
    rows = [[*cells, f"{times[place]} of {len(seeds)}"] if several else list(cells) for place, (_, _, cells) in chosen]
    count = int((times > 0).sum())
    errors = "examples" if ranked else "that any of the seeds has wrong" if several else "errors"
    total = f"{len(chosen)} of {count:,} {errors}. " if count > len(chosen) else ""
    return Table(name, title, ["id", *headings, *(["wrong in seeds"] if several else [])], rows, note=total + note)


def worst_errors(
    seeds: Sequence[Examples], headings: Sequence[str], *, name: str, split: str, note: str, ranked: bool = False
) -> Part:
    """The table of the worst errors on a split, or a sentence that there is none; arguments as of `worst_table`."""
    title = f"Worst errors on {split}"
    table = worst_table(seeds, headings, name=f"{name}-worst", title=title, note=note, ranked=ranked)
    return table or f"{title}: none."


def over_seeds(values: Sequence[float]) -> Score:
    """Mean and sample standard deviation (n - 1), which a single seed does not have."""
    return Score(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None)


def shown(score: Score) -> str:
    """A mean, and its deviation if there is one, for a legend."""
    return f"{score.mean:.3f}" + ("" if score.deviation is None else f" ± {score.deviation:.3f}")


def averaging(seeds: int) -> str:
    """A sentence on what was averaged."""
    return f" Mean and standard deviation over {seeds} seeds." if seeds > 1 else ""


def summing(seeds: int) -> str:
    """A sentence on what was added up."""
    return f" Counts are summed over {seeds} seeds." if seeds > 1 else ""


def text_of(row: Row, columns: Iterable[Any]) -> str:
    """The texts of a row in one line of at most 200 characters."""
    return in_short(" | ".join(str(row[column]) for column in columns if column is not None and column in row))


def in_short(text: str) -> str:
    """A text in one line of at most 200 characters."""
    return one_line(text, TEXT)


def name_of(label: Any) -> str:
    """A label or several for a cell of a table, shortened."""
    return ", ".join(map(shortened, label)) if isinstance(label, list | tuple) else shortened(str(label))
