"""Tagged entities: scores by type and by length, confusions between types, the sentences with most errors.

Entities are read and counted as for the run's own scores, by conlleval's rules or, if `dataset.strict`, by seqeval's strict mode.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.label_tables import by_label_table, confusion_parts
from tunesmith.analyses.rows import Examples, Row, averaging, over_seeds, summing
from tunesmith.documents.document import Cell, Part, Picture, Table
from tunesmith.figures.drawn_names import key
from tunesmith.figures.groups import NAME_WIDTH, groups
from tunesmith.metrics.chunks import Chunk, chunks, strict_chunks
from tunesmith.metrics.confusion import LabelScores, by_label

NOTHING = ""  # in place of a type: no entity with the same words
LONGEST = 5  # words; longer entities are one group with these
TYPES_SHOWN = 12  # in a figure
_KINDS = ("correct", "other type", "other boundaries", "nothing")


@dataclass(frozen=True)
class Seed:
    """Counts of a run's entities.

    Attributes:
        confusions: by true type and predicted type of entities with the same words.
        lengths: by number of words, of correct, predicted and true entities.
        gold: true entities by what was predicted in their place.
        guessed: predicted entities by what is true in their place.
        examples: sentences, and which of them have a wrong entity.
    """

    confusions: Counter[tuple[str, str]]
    lengths: tuple[Counter[int], Counter[int], Counter[int]]
    gold: Counter[str]
    guessed: Counter[str]
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `tokens`, `tags`, `predicted_tags`."""
    read = strict_chunks if dataset.get("strict") else chunks
    seed = Seed(Counter(), (Counter(), Counter(), Counter()), Counter(), Counter(), Examples())
    for number, row in reading.numbered(rows, {"tokens": list, "tags": list, "predicted_tags": list}):
        tags, predicted = row["tags"], row["predicted_tags"]
        if len(tags) != len(predicted):
            raise reading.wrong(number, f"has {len(tags)} tags, but {len(predicted)} predicted tags")
        gold = _entities(tags, read)
        guessed = gold if predicted == tags else _entities(predicted, read)
        _count(seed, gold, guessed)
        both = set(gold) & set(guessed)
        missed = [entity for entity in gold if entity not in both]
        invented = [entity for entity in guessed if entity not in both]
        seed.examples.add(
            row,
            tags,
            wrong=bool(missed or invented),
            badness=len(missed) + len(invented),
            cells=lambda row=row, missed=missed, invented=invented: (  # type: ignore[misc]
                _written(missed, row["tokens"]),
                _written(invented, row["tokens"]),
                reading.in_short(" ".join(map(str, row["tokens"]))),
            ),
        )
    return seed


def _entities(tags: Sequence[str], read: Any) -> list[Chunk]:
    return read(tags) if any(tag != "O" for tag in tags) else []


def _count(seed: Seed, gold: Sequence[Chunk], guessed: Sequence[Chunk]) -> None:
    true, found = ({(first, last): kind for kind, first, last in entities} for entities in (gold, guessed))
    for place in true.keys() | found.keys():
        kinds = true.get(place, NOTHING), found.get(place, NOTHING)
        seed.confusions[kinds] += 1
    for entities, counter in ((set(gold) & set(guessed), 0), (guessed, 1), (gold, 2)):
        for _, first, last in entities:
            seed.lengths[counter][min(last - first + 1, LONGEST)] += 1
    for ours, theirs, counts in ((true, found, seed.gold), (found, true, seed.guessed)):
        for place, kind in ours.items():
            if place in theirs:
                counts[_KINDS[0] if theirs[place] == kind else _KINDS[1]] += 1
            else:
                overlaps = any(place[0] <= last and first <= place[1] for first, last in theirs)
                counts[_KINDS[2] if overlaps else _KINDS[3]] += 1


def _written(entities: Sequence[Chunk], tokens: Sequence[str]) -> str:
    texts = (f"{' '.join(map(str, tokens[first : last + 1]))} ({kind})" for kind, first, last in entities)
    return reading.in_short("; ".join(texts))


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    types = sorted({kind for seed in seeds for pair in seed.confusions for kind in pair if kind != NOTHING})
    if not types:
        return [f"There are no entities on {split}, neither in the data nor predicted."]
    each = [_by_type(seed, types) for seed in seeds]
    found: list[Part] = [
        by_label_table(
            each,
            name=f"{name}-types",
            title=f"Scores by entity type on {split}",
            unit="entity type",
            note="An entity is correct if its words and its type are.",
        )
    ]
    shown = sorted(sorted(types, key=lambda kind: -each[0][kind]["support"])[:TYPES_SHOWN])
    title = f"F1 by entity type on {split}"
    by_type = groups(
        shown,
        [int(each[0][kind]["support"]) for kind in shown],
        {"F1": [_point([seed[kind]["f1"] for seed in each]) for kind in shown]},
        title=title,
        x="entity type (number of entities)",
        y="F1 (0 to 1)",
    )
    left = f" The {len(types) - len(shown)} rarest types are left out." if len(types) > len(shown) else ""
    caption = f"F1 of each type.{left}{averaging(len(seeds))} {key(shown, width=NAME_WIDTH)}".rstrip()
    found.append(Picture(f"{name}-types-f1", title, by_type, caption))
    found += [_lengths(seeds, split=split, name=name), *_confusions(seeds, types, split=split, name=name)]
    found.append(_kinds(seeds, split=split, name=name))
    worst = reading.worst_errors(
        [seed.examples for seed in seeds],
        ["missed", "predicted instead", "text"],
        name=name,
        split=split,
        note="Sentences with most wrong entities: those that were missed, and those that are predicted but not true.",
    )
    return [*found, worst]


def _by_type(seed: Seed, types: Sequence[str]) -> LabelScores:
    both = np.array([seed.confusions[kind, kind] for kind in types])
    predicted, true = Counter[str](), Counter[str]()
    for (kind, guess), count in seed.confusions.items():
        true[kind] += count
        predicted[guess] += count
    found, occur = (np.array([counts[kind] for kind in types]) for counts in (predicted, true))
    return by_label(both, found, occur, types)


def _point(values: Sequence[float]) -> tuple[float, float | None]:
    score = over_seeds(values)
    return score.mean, score.deviation


def _lengths(seeds: Sequence[Seed], *, split: str, name: str) -> Picture:
    lengths = sorted({length for seed in seeds for counter in seed.lengths for length in counter})
    names = [f"{length}+" if length == LONGEST else str(length) for length in lengths]
    each = []
    for seed in seeds:
        both, predicted, true = (np.array([counter[length] for length in lengths]) for counter in seed.lengths)
        each.append(by_label(both, predicted, true, names))
    title = f"F1 by length of entities on {split}"
    figure = groups(
        names,
        [int(each[0][length]["support"]) for length in names],
        {
            title: [_point([seed[length][score] for seed in each]) for length in names]
            for title, score in (("F1", "f1"), ("precision", "precision"), ("recall", "recall"))
        },
        title=title,
        x="words of the entity (number of entities)",
        y="score (0 to 1)",
    )
    caption = f"Precision by the length of predicted entities, recall by that of true ones.{averaging(len(seeds))}"
    return Picture(f"{name}-lengths", title, figure, caption)


def _confusions(seeds: Sequence[Seed], types: Sequence[str], *, split: str, name: str) -> list[Part]:
    kinds = [*types, NOTHING]
    places = {kind: place for place, kind in enumerate(kinds)}
    counts = np.zeros((len(kinds), len(kinds)), dtype=np.int64)
    for seed in seeds:
        for (true, predicted), count in seed.confusions.items():
            counts[places[true], places[predicted]] += count
    return confusion_parts(
        counts,
        [*types, "(invented)"],
        [*types, "(missed)"],
        right=np.eye(len(kinds), dtype=bool),
        seeds=len(seeds),
        name=f"{name}-confusion",
        title=f"Confusions of entity types on {split}",
        unit="entity type",
        note="Entities with the same words. Missed and invented: no entity with the same words was predicted, or is true.",
    )


def _kinds(seeds: Sequence[Seed], *, split: str, name: str) -> Table:
    rows: list[list[Cell]] = []
    for kind in _KINDS:
        rows.append([kind, *(sum(getattr(seed, side)[kind] for seed in seeds) for side in ("gold", "guessed"))])
    note = (
        "What was predicted in the place of a true entity, and what is true in the place of a predicted one: other boundaries "
        f"share a word with it.{summing(len(seeds))}"
    )
    return Table(f"{name}-kinds", f"Kinds of errors on {split}", ["in its place", "true", "predicted"], rows, note=note)
