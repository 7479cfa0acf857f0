"""One light pass over every split of tagged sentences: counts, tags, and anything notable about them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.metrics.tag_schemes import broken_tags


def survey_tags(source: Any, task: Any) -> tuple[tuple[str, ...], Survey]:
    """Read every row of a dataset of tagged sentences.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `TokenClassification`; its `labels` are kept if it has some.

    Returns:
        The tags in the order of their ids, and the survey.

    Raises:
        UserError: with the mistakes of all splits: rows without words, counts that differ, unseen tags, no rows.
    """
    given, mistakes = task.labels, []
    rows, seen = {}, {}
    notes: dict[str, dict[str, int]] = {
        "spans that do not align with words, extended to whole words": {},
        "tags that violate the scheme, interpreted as by conlleval": {},
    }
    extended, broken = notes.values()
    for split in source.splits:
        first_rows: dict[str, int] = {}
        raw: Counter[tuple[str, ...]] = Counter()
        count = wrong = misaligned = 0
        for row, record in source.rows(split):
            count += 1
            try:
                sentence = task.read(record)
            except ValueError as error:
                wrong += 1
                if wrong <= SHOWN:
                    mistakes.append(f"{source.where(split, row)}: {error}")
                continue
            misaligned += sentence.misaligned
            raw[tuple(sentence.tags or ())] += 1
            for tag in task.normal(sentence.tags or ()):
                first_rows.setdefault(tag, row)
        if wrong > SHOWN:
            mistakes.append(f"... and {wrong - SHOWN} more rows of {split}")
        if not count:
            mistakes.append(no_rows(split))
        rows[split], seen[split], extended[split] = count, first_rows, misaligned
        broken[split] = broken_tags(raw) if task.entities else 0
    labels = given or _tag_names(seen.get("train", {}), entities=task.entities)
    for split, first_rows in seen.items():
        mistakes += [
            f"{source.where(split, row)}: tag {tag!r} is not one of {', '.join(labels)}{did_you_mean(tag, labels)}"
            + ("" if given else "; the training split has no such tag")
            for tag, row in first_rows.items()
            if tag not in labels
        ][:SHOWN]
    if mistakes:
        raise UserError(mistakes)
    return labels, Survey(rows, f"tags {', '.join(labels)}", notes)


def _tag_names(tags: Sequence[str] | dict[str, int], *, entities: bool) -> tuple[str, ...]:
    """O first, then B- and I- of each type; tags that are not entities in alphabetical order."""
    if not entities:
        return tuple(sorted(tags))
    types = sorted({tag[2:] for tag in tags if tag != "O"})
    return ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
