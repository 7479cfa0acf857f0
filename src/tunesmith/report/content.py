"""What a report says, in the order in which it is read: results, comparisons, the search, curves, predictions, data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tunesmith.analyses.data import data_table
from tunesmith.analyses.predictions import of_runs, splits
from tunesmith.configuration.monitor import larger_is_better, undirected
from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.report import comparisons, examples, learning_curves, pivot, search, task_ranks
from tunesmith.report.baseline import find_baseline
from tunesmith.report.comparison import indistinguishable
from tunesmith.report.groups import Group, grouped, ranked, shared_monitor
from tunesmith.report.lookup import value
from tunesmith.report.records import Record, distinct, named
from tunesmith.report.tables import compact, ordered_scores, overview
from tunesmith.report.trials import objectives_of
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import FILE, SweepFolder

_TASKS = 6  # whose predictions are shown
_NAMED = 50  # runs without scores in the page


@dataclass(frozen=True)
class Question:
    """What a report is asked for.

    Attributes:
        baseline: settings or the folder of a run that all are compared with; None for no baseline.
        score: that ranks and compares; None for the monitored one.
        rows: key of the setting in the rows of the table of methods and tasks; None for no such table.
        columns: key of the setting in its columns.
    """

    baseline: str | None = None
    score: str | None = None
    rows: str | None = None
    columns: str = "dataset"


@dataclass(frozen=True)
class Content:
    """A report.

    Attributes:
        sections: of its page.
        paper: tables for a paper, the first of which is its main one.
        groups: the configurations, best first.
        scores: names of all scores, the one that ranks first.
    """

    sections: list[Section]
    paper: list[Table]
    groups: list[Group]
    scores: list[str]


def content(places: Mapping[Path, Sequence[Record]], question: Question) -> Content:
    """The report of some runs.

    Args:
        places: folders, and the runs of each, in any state; one that is a sweep gets a section on its search.
        question: what it is asked for.

    Raises:
        UserError: for a baseline that matches no run, a score or a setting that none has, or rows that do not vary.
    """
    records = distinct(places.values())
    groups = grouped(records)
    scores = ordered_scores(groups)
    ranking = _ranking(groups, scores, question.score)
    if ranking is not None:
        scores = [ranking, *(score for score in scores if score != ranking)]
    groups = ranked(groups, ranking)
    equals = {id(group) for group in indistinguishable(groups, ranking)} if ranking in scores and groups else set()
    sections = [Section("Results", [*_summary(records, groups, ranking), overview(groups, scores, equals=equals)])]
    paper = [compact(groups, scores, equals=equals)]
    if question.baseline is not None:
        baseline = find_baseline(groups, question.baseline)
        sections.append(comparisons.section(groups, baseline, _scored(ranking, question)))
        sections += _by_example(groups, baseline)
    if question.rows is not None:
        found = pivot.pivot(groups, rows=question.rows, columns=question.columns, score=question.score)
        methods = pivot.section(found)
        paper = [*(part for part in methods.parts if isinstance(part, Table)), *paper]
        sections += [methods, *task_ranks.sections(found)]
    sections += _searches(places)
    curves = learning_curves.section(groups)
    sections += [curves] if curves else []
    sections += _predictions(groups, ranking)
    sections += _data(groups)
    sections += _without_scores(records)
    return Content(sections, paper, groups, scores)


def _ranking(groups: Sequence[Group], scores: Sequence[str], wanted: str | None) -> str | None:
    """The score that ranks: the wanted one, or the monitored one that all runs share."""
    if wanted is None:
        shared = shared_monitor(groups)
        return shared if shared in scores else None
    if wanted not in scores:
        raise UserError(
            f"no completed run has the score {wanted}{did_you_mean(wanted, scores)}; they have {', '.join(scores[:12]) or 'none'}"
        )
    datasets = [record.config["dataset"] for group in groups for record in group.completed]
    if any(wanted.partition("/")[2] in undirected(dataset) for dataset in datasets):
        raise UserError(
            f"score={wanted}, but its class in dataset.metrics does not say whether larger values are better, so nothing can be "
            "ranked by it; expected a class with higher_is_better = True or False, or another score"
        )
    return wanted


def _scored(ranking: str | None, question: Question) -> str:
    if ranking is None:
        raise UserError(
            f"baseline={question.baseline} needs a score to compare, and the runs monitor different ones or have none in common; set score=test/f1 or such"
        )
    return ranking


def _summary(records: Sequence[Record], groups: Sequence[Group], ranking: str | None) -> Iterator[str]:
    states = [record.state for record in records]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    yield f"{len(records)} runs of {len(groups)} configurations: {counts}."
    if ranking is None and groups:
        yield "The runs monitor different scores or none in common: the configurations are not ranked; score=... chooses one."
    elif groups and groups[0].completed:
        better = "larger" if larger_is_better(ranking or "") else "smaller"
        yield f"Ranked by the mean of {ranking} over the seeds; {better} is better."
    seeds = {len(group.seeds) for group in groups if group.completed}
    if seeds and min(seeds) < 3 and len(groups) > 1:
        yield "Where a configuration has fewer than three seeds, no claim is made about it: no test can tell it from another."
    apart = [
        key
        for key in dict.fromkeys(key for group in groups for key in group.varied)
        if key.startswith(("data ", "versions "))
    ]
    if apart:
        yield f"Some runs differ in {', '.join(apart)}: they are configurations of their own, and not averaged with the others."


def _by_example(groups: Sequence[Group], baseline: Group) -> Iterator[Section]:
    """Tests over the examples of a split, for which the baseline has predictions."""
    if baseline.completed and (found := splits(RunFolder(baseline.completed[0].path))):
        compared = [group for group in groups if group.completed]
        yield examples.section(compared, baseline, split="test" if "test" in found else found[0])


def _searches(places: Mapping[Path, Sequence[Record]]) -> Iterator[Section]:
    sweeps = {SweepFolder(place): records for place, records in places.items() if (place / FILE).is_file()}
    for folder, records in sweeps.items():
        found = search.section(records, objectives=objectives_of(folder))
        if len(sweeps) > 1:
            found = Section(
                f"{found.title} of {folder.path}", [_renamed(part, f"{folder.path.name}-") for part in found.parts]
            )
        yield found


def _renamed(part: Part, prefix: str) -> Part:
    return part if isinstance(part, str) else replace(part, name=f"{prefix}{part.name}")


def _predictions(groups: Sequence[Group], ranking: str | None) -> Iterator[Section]:
    """What the predictions of the best configuration of each dataset show, on its test split or else on validation."""
    best: dict[str, Group] = {}
    for group in groups:
        if group.completed:
            best.setdefault(_dataset(group), group)
    for number, (dataset, group) in enumerate(list(best.items())[:_TASKS], 1):
        runs = [RunFolder(record.path) for record in group.seeds]
        found = splits(runs[0])
        split = next((name for name in ("test", "validation") if name in found), None)
        if split is None:
            continue
        section = of_runs(runs, split, name=split if len(best) == 1 else f"{split}-{number}")
        which = "the best configuration" if ranking else "one configuration"
        lead = f"Of {which}{': ' + group.label if group.label else ''}, {len(runs)} seed{'s' * (len(runs) != 1)}."
        title = section.title if len(best) == 1 else f"{section.title}, {dataset}"
        yield Section(title, [lead, *section.parts])


def _dataset(group: Group) -> str:
    """What tells one dataset from another: its name among the settings, and its content."""
    record = group.records[0]
    name = value(record, "dataset")
    content = record.data.get("test") or record.data.get("validation") or ""
    return name if content in ("", name) else f"{name} {content[:6]}"  # generated data has its name as its fingerprint


def _data(groups: Sequence[Group]) -> Iterator[Section]:
    """Rows, labels, and what was cut or lost, of each dataset."""
    seen: list[tuple[str, Table]] = []
    for group in groups:
        for record in group.completed[:1]:
            try:
                manifest = RunFolder(record.path).read_json("manifest.json")
            except (OSError, UserError):
                continue
            data = manifest.get("data") if isinstance(manifest, dict) else None
            table = data_table(data if isinstance(data, dict) else {}, name=f"data-{len(seen) + 1}")
            if table is not None and (table.headings, table.rows) not in [
                (other.headings, other.rows) for _, other in seen
            ]:
                seen.append((_dataset(group), table))  # one dataset may have several sizes, each with its own counts
    if seen:
        parts: list[Part] = []
        for name, found in seen:
            parts += [name, found] if len(seen) > 1 else [found]
        yield Section("Data", parts)


def _without_scores(records: Sequence[Record]) -> Iterator[Section]:
    """Failed, pruned and missing runs by name: none is silently dropped."""
    problems = [record for record in records if record.state != "done"]
    if not problems:
        return
    rows: list[list[Cell]] = [
        [record.state, named(record), record.error, str(record.log or "")] for record in problems[:_NAMED]
    ]
    more = f"{len(problems) - _NAMED} more are in results.csv." if len(problems) > _NAMED else ""
    table = Table("without_scores", "Runs without scores", ["state", "run", "error", "log"], rows, more)
    yield Section("Runs without scores", [table])
