"""What `reproduce` prints: each run's scores, what differs between the machines, and the sum of it."""

import statistics
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tunesmith.configuration.monitor import monitored
from tunesmith.errors.terminal import Escaped, console
from tunesmith.reproducing.expected import Claim
from tunesmith.reproducing.judgement import IDENTICAL, MISSING, OUTSIDE, UNKNOWN, WITHIN, Judgement
from tunesmith.reproducing.reproduce import FAILED, Outcome, common_differences
from tunesmith.statistics.prediction_interval import FEWEST, LEVEL

_ROWS = 40  # runs
_DIFFERENCES = 20
_WIDTH = 160  # characters per line in a file


def print_scores(outcome: Outcome) -> None:
    """Every score of one run."""
    assert outcome.again is not None
    table = _table(f"{outcome.original.label} repeated in {outcome.again.path}")
    for heading in ("score", "original", "repeated", "difference", "", "interval of the seeds"):
        table.add_column(heading, justify="left" if heading in ("score", "") else "right")
    for part in outcome.judgements:
        interval = "" if part.interval is None else f"{part.interval[0]:.6f} to {part.interval[1]:.6f}"
        after = "" if part.after is None else f"{part.after:.6f}"
        table.add_row(Text(part.score), f"{part.before:.6f}", after, _difference(part), part.verdict, interval)
    _print(table)


def print_runs(outcomes: Sequence[Outcome]) -> None:
    """One row for each run: the worst verdict of its scores, and one that has it, the monitored one if possible; those that differ come first."""
    table = _table("Reproduced")
    for heading in ("run", "score", "original", "repeated", "difference", "all scores"):
        table.add_column(heading, justify="left" if heading in ("run", "score", "all scores") else "right")
    ranked = sorted(outcomes, key=lambda outcome: outcome.reproduced) if len(outcomes) > _ROWS else outcomes
    for outcome in ranked[:_ROWS]:
        part = _shown_part(outcome)
        cells = (
            [part.score, f"{part.before:.6f}", "" if part.after is None else f"{part.after:.6f}", _difference(part)]
            if part
            else [""] * 4
        )
        verdict = f"{FAILED}: {outcome.error}" if outcome.again is None else outcome.verdict
        table.add_row(Text(outcome.original.label), *map(Text, cells), Text(verdict))
    _print(table)
    if len(outcomes) > _ROWS:
        print(f"... and {len(outcomes) - _ROWS:,} more runs")


def print_differences(outcomes: Sequence[Outcome]) -> None:
    """What differs between the manifests."""
    found = common_differences(outcomes)
    for line, count in list(found.items())[:_DIFFERENCES]:
        print(f"Differs: {line}{f' (in {count} of {len(outcomes)} runs)' if len(outcomes) > 1 else ''}")
    if len(found) > _DIFFERENCES:
        print(f"... and {len(found) - _DIFFERENCES:,} more differences; compare the manifest.json files")


def summary(outcomes: Sequence[Outcome]) -> str:
    """One or two sentences: how many runs are reproduced, and what the others may mean."""
    done = [outcome for outcome in outcomes if outcome.again is not None]
    judgements = [part for outcome in done for part in outcome.judgements]
    if len(done) == len(outcomes) and judgements and all(part.verdict == IDENTICAL for part in judgements):
        rounded = any(outcome.original.decimals for outcome in outcomes)
        return f"Reproduced: all scores are identical{' to the digits given' * rounded}."
    count = sum(outcome.reproduced for outcome in outcomes)
    sentences = [f"{count} of {len(outcomes)} run{'s' * (len(outcomes) != 1)} reproduced"]
    compared = [part for part in judgements if part.verdict in (WITHIN, OUTSIDE)]
    if compared:
        outside = sum(part.verdict == OUTSIDE for part in compared)
        by_chance = (1 - LEVEL) * len(compared)
        sentences.append(
            f"{outside} of {len(compared)} scores that differ lie outside the {LEVEL:.0%} interval of a new seed; by chance, "
            f"about {by_chance:.1f} would"
        )
    if any(part.verdict == UNKNOWN for part in judgements):
        sentences.append(
            f"whether a difference is noise takes the scores of at least {FEWEST} seeds of a configuration to say"
        )
    if any(outcome.bitwise and not outcome.reproduced for outcome in done):
        sentences.append("on the same machine with the same versions the same bits are expected")
    if any(part.verdict == MISSING for part in judgements):
        sentences.append("scores are missing in the repeated runs")
    failed = len(outcomes) - len(done)
    if failed:
        sentences.append(f"{failed} failed")
    return "; ".join(sentences) + "."


def _shown_part(outcome: Outcome) -> Judgement | None:
    """One with the worst verdict: the monitored score if that has it."""
    monitor = monitored(outcome.original.config)
    parts = sorted(outcome.judgements, key=lambda part: (part.verdict != outcome.verdict, part.score != monitor))
    return parts[0] if parts else None


def _difference(part: Judgement) -> str:
    if part.after is None:
        return ""
    return "0" if part.verdict == IDENTICAL else f"{part.after - part.before:+.2e}"


def _table(title: str) -> Table:
    return Table(title=Text(title), title_justify="left")


def _print(table: Table) -> None:
    screen = console()
    (screen if screen.is_terminal else console(width=_WIDTH)).print(Escaped(table))


def print_claims(claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> bool:
    """What an experiment claims of means, and whether it holds; true if all of it does."""
    scores = {outcome.original.label: outcome.again.scores() for outcome in outcomes if outcome.again is not None}
    kept = True
    for claim in claims:
        values = [scores[run][claim.score] for run in claim.runs if claim.score in scores.get(run, {})]
        holds = claim.holds(values)
        kept &= holds
        least = "" if claim.at_least is None else f" at least {claim.at_least:g}"
        inside = "" if claim.interval is None else f" from {claim.interval[0]:.4f} to {claim.interval[1]:.4f}"
        mean = f"{statistics.fmean(values):.4f}" if values else "unknown"
        name = " ".join(part for part in (claim.label, claim.score) if part)
        print(
            f"{name}: mean {mean} of {len(values)} runs, expected{least}{inside}: {'holds' if holds else 'does not hold'}"
        )
    return kept
