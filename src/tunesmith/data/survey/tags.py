"""One light pass over every split of tagged sentences: counts, tags, and whatever a person should know of them."""

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
        The tags in the order of their numbers, and the survey.

    Raises:
        UserError: with every split's mistakes: rows without words, counts that differ, tags that training lacks, no rows.
    """
    given, mistakes = task.labels, []
    rows, seen = {}, {}
    notes: dict[str, dict[str, int]] = {
        "spans that do not end with a word, widened": {},
        "tags that break the scheme, read as conlleval reads them": {},
    }
    widened, broken = notes.values()
    for split in source.splits:
        places: dict[str, int] = {}
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
                places.setdefault(tag, row)
        if wrong > SHOWN:
            mistakes.append(f"... and {wrong - SHOWN} more rows of {split}")
        if not count:
            mistakes.append(no_rows(split))
        rows[split], seen[split], widened[split] = count, places, misaligned
        broken[split] = broken_tags(raw) if task.entities else 0
    labels = given or _learn(seen.get("train", {}), entities=task.entities)
    for split, places in seen.items():
        mistakes += [
            f"{source.where(split, row)}: tag {tag!r} is none of {', '.join(labels)}{did_you_mean(tag, labels)}"
            + ("" if given else "; training has no such tag")
            for tag, row in places.items()
            if tag not in labels
        ][:SHOWN]
    if mistakes:
        raise UserError(mistakes)
    return labels, Survey(rows, f"tags {', '.join(labels)}", notes)


def _learn(tags: Sequence[str] | dict[str, int], *, entities: bool) -> tuple[str, ...]:
    """O first, then B- and I- of each type; tags that are no entities in alphabetical order."""
    if not entities:
        return tuple(sorted(tags))
    types = sorted({tag[2:] for tag in tags if tag != "O"})
    return ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
