"""Examples of validation and test whose text is in the training split too: their scores say little of new texts."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class Watched:
    """A source that remembers which texts its rows have as they pass: 8 bytes for each row.

    Args:
        source: a source of `tunesmith.data.sources`.
        columns: the columns of the texts; rows are compared by all of them, without outer white space.
    """

    def __init__(self, source: Any, columns: Sequence[str]) -> None:
        self._source, self._columns = source, columns
        self._seen: dict[str, array[int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def rows(self, split: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The rows of a split."""
        seen: array[int] = array("q")
        for row, record in self._source.rows(split):
            texts = tuple(map(_text, map(record.get, self._columns)))
            if any(texts):
                seen.append(hash(texts))
            yield row, record
        self._seen[split] = seen  # of a complete pass

    def overlap(self) -> dict[str, int]:
        """The number of rows of each split but training whose texts a row of training has; empty if there are none."""
        others = {split: seen for split, seen in self._seen.items() if split != "train"}
        wanted = set().union(*map(set, others.values()))
        common = wanted.intersection(self._seen.get("train", ()))
        found = {split: sum(text in common for text in seen) for split, seen in others.items()}
        return {"train": 0, **found} if any(found.values()) else {}

    def warnings(self, overlap: Mapping[str, int]) -> Iterator[str]:
        """A sentence for each split of which half or more is in the training split."""
        for split, count in overlap.items():
            rows = len(self._seen[split])
            if count and 2 * count >= rows:
                yield (
                    f"{count:,} of {rows:,} examples of {split} have a text that train has too, so its scores say little of "
                    "new texts; is it the right file?"
                )


def _text(cell: Any) -> Any:
    if isinstance(cell, list | tuple):
        return tuple(map(_text, cell))
    return "" if cell is None else str(cell).strip()
