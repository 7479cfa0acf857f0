"""One light pass over every split of tagged sentences: counts, tags, and anything notable about them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunesmith.data.encoding.spans import WHAT, Unit, other_units, unit_matters
from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.metrics.tag_schemes import bio_names, broken_tags, check_scheme


def survey_tags(source: Any, task: Any) -> tuple[tuple[str, ...], Survey]:
    """Read every row of a dataset of tagged sentences.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `TokenClassification`; its `labels` are kept if it has some.

    Returns:
        The tags in the order of their ids, and the survey.

    Raises:
        UserError: with the mistakes of all splits: rows without words or tags, counts that differ, tags of no certain
            scheme, unseen tags, spans in another unit, types of which every span is lost, no rows.
    """
    given, splits = task.labels, {split: _Split(split) for split in source.splits}
    mistakes = list(_setting_mistakes(task))
    for found in splits.values():
        mistakes += found.read(source, task)
    if task.entities and not mistakes:
        known = set(splits["train"].raw_rows) if "train" in splits else set()
        for split, found in splits.items():
            mistakes += _scheme_mistakes(source, task, split, found, known)
    learnt = splits["train"].tag_rows if "train" in splits else {}
    labels = given or (bio_names(learnt) if task.entities else tuple(sorted(learnt)))
    if not mistakes:
        for split, found in splits.items():
            mistakes += [
                f"{source.where(split, row)}: tag {tag!r} is not one of {', '.join(labels)}{did_you_mean(tag, labels)}"
                + ("" if given else "; the training split has no such tag")
                for tag, row in found.tag_rows.items()
                if tag not in labels
            ][:SHOWN]
    if mistakes:
        raise UserError(mistakes)
    notes = {
        "spans that begin or end inside a word or overlap another, changed to whole words": "misaligned",
        "spans without a word of their own, lost": "lost",
        "tags that violate the scheme, interpreted as by conlleval": "broken",
    }
    return labels, Survey(
        {split: found.rows for split, found in splits.items()},
        f"tags {', '.join(labels)}",
        {note: {split: getattr(found, name) for split, found in splits.items()} for note, name in notes.items()},
        {split: dict(sorted(found.counts.items())) for split, found in splits.items()},
        [*_warnings(task, labels, splits), *_assumptions(source, splits)],
    )


@dataclass
class _Split:
    """What the rows of a split hold.

    Attributes:
        raw_rows: tags as they are written, and `tag_rows`, as they are trained, each with its first row.
        counts: entities of each type, or words with each tag.
        misaligned, lost: numbers of spans; `broken` of tags.
        assumed: numbers of the rows whose spans would be others if offsets counted UTF-16 code units, and nothing tells.
    """

    name: str
    rows: int = 0
    raw_rows: dict[str, int] = field(default_factory=dict)
    tag_rows: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    misaligned: int = 0
    lost: int = 0
    broken: int = 0
    assumed: list[int] = field(default_factory=list)

    def read(self, source: Any, task: Any) -> Iterator[str]:
        """Read all rows; yields mistakes."""
        raw: Counter[tuple[str, ...]] = Counter()
        votes: Counter[Unit] = Counter()
        lost: Counter[str] = Counter()
        wrong: dict[str, list[int]] = {}  # each mistake and its rows
        written: dict[str, tuple[int, Any]] = {}  # the first row with a name, and with a number of dataset.labels
        for row, record in source.rows(self.name):
            self.rows += 1
            try:
                if task.text is not None and task.offsets is None and isinstance(record.get(task.text), str):
                    spans = record.get(task.gold_columns[0]) or ()
                    votes.update(other_units(record[task.text], spans))
                    if unit_matters(record[task.text], spans):
                        self.assumed.append(row)
                sentence = task.read(record)
                if sentence.tags is None:
                    raise ValueError(f"no {task.gold_columns[0]}; fill the cell or drop the row")
            except (ValueError, TypeError) as error:
                wrong.setdefault(str(error), []).append(row)
                continue
            for tag in (record.get(task.tags) or ()) if task.text is None and task.tag_names.names is not None else ():
                written.setdefault("numbers" if isinstance(tag, int) else "names", (row, tag))
            self.misaligned += sentence.misaligned
            lost.update(sentence.lost)
            raw[tuple(sentence.tags)] += 1
            for tag in sentence.tags:
                self.raw_rows.setdefault(tag, row)
            normal = task.tag_names.normal(sentence.tags)
            for tag in normal:
                self.tag_rows.setdefault(tag, row)
            self.counts.update((tag[2:] for tag in normal if tag[:2] == "B-") if task.entities else normal)
        for mistake, rows in list(wrong.items())[:SHOWN]:
            others = (
                f" (and in {len(rows) - 1} more row{'s' * (len(rows) > 2)} of {self.name})" if len(rows) > 1 else ""
            )
            yield f"{source.where(self.name, rows[0])}: {mistake}{others}"
        if len(wrong) > SHOWN:
            yield f"... and {sum(map(len, list(wrong.values())[SHOWN:]))} more rows of {self.name}"
        if not self.rows:
            yield no_rows(self.name)
        if len(written) > 1:
            (row, tag), (other, number) = written["names"], written["numbers"]
            yield (
                f"{source.where(self.name, row)}: tag {tag!r} is a name, but {number} in {source.where(self.name, other)} is the "
                "number of one; write names in all rows, or the numbers of dataset.labels"
            )
        if votes["utf16"] < 0:  # more spans fit in characters
            self.assumed.clear()
        unit = max(votes, key=votes.__getitem__, default=None)
        if unit is not None and votes[unit] > 0:
            yield (
                f"in {self.name}, {votes[unit]} more spans fit the text if their offsets count {WHAT[unit]}, than if they "
                f"count characters; set dataset.offsets={unit}, or dataset.offsets=characters if they are right as they are"
            )
        elif self.name == "train" and (gone := sorted(set(lost) - set(self.counts))):
            yield (
                f"all spans of the type {', '.join(gone)} in {self.name} are lost, because none has a word that no other span "
                "has; a word has one tag, so choose one of the overlapping types"
            )
        self.lost = lost.total()
        self.broken = broken_tags(raw, task.scheme) if task.entities else 0


def _setting_mistakes(task: Any) -> Iterator[str]:
    if task.scheme is not None and not task.entities:
        yield f"dataset.scheme={task.scheme} is for entities, but dataset.entities=false; remove one of them"
    if task.tag_names.names is not None and task.entities:
        try:
            check_scheme(task.tag_names.names, task.scheme)
        except ValueError as error:
            yield f"dataset.labels: {error}"


def _scheme_mistakes(source: Any, task: Any, split: str, found: _Split, known: set[str]) -> Iterator[str]:
    """Tags of a split whose scheme is not certain; those of the training split count as known."""
    if task.text is not None:  # their tags are made here
        return
    try:
        check_scheme(known | set(found.raw_rows), task.scheme)
    except ValueError as error:
        new = {tag: row for tag, row in found.raw_rows.items() if split == "train" or tag not in known}
        if new:
            yield f"{source.where(split, _first_odd(new, task))}: {error}"


def _first_odd(rows: dict[str, int], task: Any) -> int:
    """The first row with a tag that is not of the scheme by itself."""
    for tag, row in rows.items():
        try:
            check_scheme([tag], task.scheme)
        except ValueError:
            return row
    return next(iter(rows.values()))


def _assumptions(source: Any, splits: dict[str, _Split]) -> Iterator[str]:
    for split, found in splits.items():
        if found.assumed:
            others = f" and {len(found.assumed) - 1} more rows of {split}" if len(found.assumed) > 1 else ""
            yield (
                f"{source.where(split, found.assumed[0])}{others}: spans behind characters beyond U+FFFF, such as emoji, "
                f"are read with offsets in characters (code points); set dataset.offsets=utf16 if they count {WHAT['utf16']}, "
                "or dataset.offsets=characters to confirm"
            )


def _warnings(task: Any, labels: Sequence[str], splits: dict[str, _Split]) -> Iterator[str]:
    what = "entity of the type" if task.entities else "word with the tag"
    kinds = {label[2:] for label in labels if label != "O"} if task.entities else set(labels)
    train = splits.get("train")
    if train is not None and not train.counts:
        yield "the training split has no entities: every tag is O"
    for split, found in splits.items():
        expected = kinds if train is None or split == "train" else kinds & set(train.counts)
        if missing := sorted(expected - set(found.counts)):
            more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
            yield f"{split} has no {what} {', '.join(missing[:10])}{more}"
        if task.strict and task.entities and found.broken and split != "train":
            yield (
                f"dataset.strict=true, but {found.broken} tags of {split} violate their scheme; they are read as conlleval reads "
                "them, so the scores differ from seqeval's strict mode on the file"
            )
