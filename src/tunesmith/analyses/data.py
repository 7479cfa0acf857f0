"""Data accounting: rows, labels, and what was truncated or lost, per split, as a run's manifest recorded them."""

from collections.abc import Mapping
from typing import Any

from tunesmith.documents.document import Cell, Table
from tunesmith.errors.messages import shortened

LABELS = 50  # rows of labels


def data_table(data: Mapping[str, Any], *, name: str = "data") -> Table | None:
    """A row for each thing that was counted and a column for each split; None if nothing was recorded.

    Args:
        data: the `data` of a manifest.json: `rows`, `notes`, `labels` and `warnings`, as far as they are there.
        name: of the table's file.
    """
    rows = _counts(data.get("rows"))
    if not rows:
        return None
    splits = list(rows)
    lines: list[list[Cell]] = [["examples", *(_count(rows, split) for split in splits)]]
    notes = data.get("notes")
    for note, counts in notes.items() if isinstance(notes, Mapping) else ():
        found = [_count(_counts(counts), split) for split in splits]
        if any(found):
            lines.append([str(note), *found])
    recorded = data.get("labels")
    labels = {split: _counts(counts) for split, counts in recorded.items()} if isinstance(recorded, Mapping) else {}
    names = list(dict.fromkeys(label for split in splits for label in labels.get(split, {})))
    totals = {label: sum(labels.get(split, {}).get(label, 0) for split in splits) for label in names}
    kept = set(sorted(names, key=lambda label: -totals[label])[:LABELS])
    for label in names:
        if label in kept:
            # A split whose labels were counted has 0 of the others.
            cells = [labels[split].get(label, 0) if labels.get(split) else None for split in splits]
            lines.append([f"label {shortened(str(label))}", *cells])
    sentences = ["Counts of a row that is not here are 0 or were not recorded."]
    if len(names) > len(kept):
        sentences.append(f"The {len(names) - len(kept):,} rarest labels are left out.")
    warnings = data.get("warnings")
    sentences += [str(warning).rstrip(".") + "." for warning in (warnings if isinstance(warnings, list) else ())]
    return Table(name, "Data", ["", *splits], lines, note=" ".join(sentences))


def _counts(value: Any) -> dict[str, int]:
    """The whole numbers of an object; an earlier version or a damaged file may have something else in their place."""
    if not isinstance(value, Mapping):
        return {}
    return {str(key): count for key, count in value.items() if isinstance(count, int) and not isinstance(count, bool)}


def _count(counts: Mapping[str, int], split: str) -> int | None:
    return counts.get(split)
