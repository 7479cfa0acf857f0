"""The scores that an experiment's folder expects: `expected.json` beside the README that claims them.

    {"command": "tunesmith train experiment=wnut17_minilm", "seeds": [1, 2, 3],
     "head=crf": {"test/f1": {"measured": [0.4529, 0.4768, 0.4577], "mean_at_least": 0.432}}}

A key with `=` is an override that a part of the experiment adds. Of a score, `measured` are the rounded values of the seeds, or
`mean` and `deviation` (n - 1) what they are on average; `mean_at_least` is the claim. Which machine measured them is not known.
"""

import json
import shlex
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tunesmith.configuration.compose import Composer
from tunesmith.errors import UserError
from tunesmith.errors.messages import shortened
from tunesmith.reproducing.original import Original
from tunesmith.statistics.prediction_interval import FEWEST, interval_for_mean
from tunesmith.storage.bounded_files import UnreadableError, read_text

FILE = "expected.json"
_OWN = ("command", "seeds")
_NOT_OF_A_FILE = ("output_dir", "name", "logger", "sweep", "hydra")  # places and services are for the command line
_MOST_SEEDS = 1000


@dataclass(frozen=True)
class Claim:
    """What is expected of the mean of a score over some runs.

    Attributes:
        label: the part of the experiment, such as `head=crf`, or empty.
        score: its name.
        runs: labels of the originals whose mean it is about.
        at_least: the least mean; None if that is not claimed.
        interval: in which the mean of as many new seeds is expected; None if that is not known.
    """

    label: str
    score: str
    runs: Sequence[str]
    at_least: float | None
    interval: tuple[float, float] | None

    def holds(self, values: Sequence[float]) -> bool:
        """Whether the scores of its runs are as expected; false if one is missing or not a number."""
        mean = statistics.fmean(values) if len(values) == len(self.runs) else float("nan")
        enough = self.at_least is None or mean >= self.at_least
        return enough and (self.interval is None or self.interval[0] <= mean <= self.interval[1])


def read_expected(folder: Path) -> tuple[list[Original], list[Claim]]:
    """The runs of an experiment with their expected scores, and what is claimed of their means.

    Raises:
        UserError: if expected.json has none that can be compared, or its command is no training command.
    """
    file = folder / FILE
    content = _content(file)
    words, seeds = _words(content, file), _seeds(content, file)
    parts = {key: part for key, part in content.items() if key not in _OWN and isinstance(part, dict)}
    variants = {key: part for key, part in parts.items() if "=" in key}
    scores = {key: part for key, part in parts.items() if "=" not in key}
    found: list[Original] = []
    claims: list[Claim] = []
    for label, expected in [*([("", scores)] if scores else []), *variants.items()]:
        usable = {score: record for score, record in expected.items() if _is_measured(record)}
        if not usable or set(usable) != set(expected):
            wrong = ", ".join(shortened(score) for score in expected if score not in usable) or shortened(label)
            raise UserError(
                f"{file}: {wrong} has no scores to compare with; expected `measured` with a score of each seed, or `mean` and "
                f"`deviation`. To run it without: {content['command']}"
            )
        runs = list(_originals(folder, label, words, seeds, usable, file))
        found += runs
        claims += [_claim(label, score, record, runs, len(seeds)) for score, record in usable.items()]
    if not found:
        raise UserError(f"{file} expects no score; expected score names, such as test/f1, with `measured`")
    return found, [claim for claim in claims if claim.at_least is not None or claim.interval is not None]


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_text(file), parse_float=Decimal)  # keeps the digits, 0.7360
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} is not valid JSON ({error})") from None
    if not isinstance(content, dict):
        raise UserError(f"{file} is no JSON object; expected a command, seeds and scores")
    return content


def _words(content: Mapping[str, Any], file: Path) -> list[str]:
    command = content.get("command")
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        words = []
    if words[:2] != ["tunesmith", "train"] or any(word.startswith("-") and word != "-m" for word in words):
        raise UserError(f"{file}: command is {command!r:.80}; expected tunesmith train experiment=NAME")
    overrides = [word for word in words[2:] if word != "-m"]
    for word in overrides:
        _check_allowed(word, file)
    return overrides


def _check_allowed(word: str, file: Path) -> None:
    key = word.lstrip("+~").partition("=")[0]
    if key.partition(".")[0].partition("/")[0] in _NOT_OF_A_FILE:
        raise UserError(
            f"{file} sets {shortened(word)}; a file may not say where or by which services a run is recorded"
        )


def _seeds(content: Mapping[str, Any], file: Path) -> list[int]:
    seeds = content.get("seeds")
    if (
        not isinstance(seeds, list)
        or not 0 < len(seeds) <= _MOST_SEEDS
        or not all(isinstance(seed, int) and not isinstance(seed, bool) for seed in seeds)
        or len(set(seeds)) < len(seeds)
    ):
        hint = "; a search is repeated by its command" if "sampler_seeds" in content else ""
        raise UserError(f"{file}: seeds is {seeds!r:.80}; expected a list of different whole numbers{hint}")
    return list(seeds)


def _is_measured(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    measured = record.get("measured")
    if isinstance(measured, list):
        return all(_is_number(value) for value in measured)
    return "measured" not in record and _is_number(record.get("mean")) and _is_number(record.get("deviation"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and -(10**9) < value < 10**9


def _originals(
    folder: Path, label: str, words: Sequence[str], seeds: Sequence[int], expected: Mapping[str, Any], file: Path
) -> Iterator[Original]:
    """One run for each seed; its recorded scores are those that were measured one by one."""
    measured = {score: record["measured"] for score, record in expected.items() if "measured" in record}
    for score, values in measured.items():
        if len(values) != len(seeds):
            raise UserError(
                f"{file}: {label} {score} has {len(values)} values for {len(seeds)} seeds; expected one for each"
            )
    by_seed = [{score: float(values[number]) for score, values in measured.items()} for number in range(len(seeds))]
    variant = shlex.split(label)
    for word in variant:
        _check_allowed(word, file)
    replaced = {"seed", *(word.lstrip("+").partition("=")[0] for word in variant)}
    kept = [word for word in words if word.lstrip("+").partition("=")[0] not in replaced]
    composer = Composer(None)
    for number, seed in enumerate(seeds):
        config = composer.compose([*kept, *variant, f"seed={seed}"])
        decimals = {score: _decimals(values[number]) for score, values in measured.items()}
        shown = " ".join(part for part in (str(folder), label, f"seed={seed}") if part)
        manifests: list[Mapping[str, Any]] = [{} for _ in range(_stage_count(config) + 1)]
        yield Original(shown, config, manifests, by_seed[number], by_seed, decimals)


def _stage_count(config: Mapping[str, Any]) -> int:
    from tunesmith.configuration.stages import stages

    return len(stages(dict(config)))


def _decimals(value: int | Decimal) -> int:
    """Digits after the point."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -int(exponent))


def _claim(label: str, score: str, record: Mapping[str, Any], runs: Sequence[Original], seeds: int) -> Claim:
    at_least = record.get("mean_at_least")
    interval = None
    if "measured" not in record and seeds >= FEWEST:
        interval = interval_for_mean(float(record["mean"]), float(record["deviation"]), observed=seeds, new=seeds)
    least = float(str(at_least)) if _is_number(at_least) else None
    return Claim(label, score, [run.label for run in runs], least, interval)
