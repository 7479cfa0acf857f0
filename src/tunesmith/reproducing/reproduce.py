"""Trains recorded runs again, one after another, and compares each with its record."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tunesmith.configuration import Config
from tunesmith.configuration.checks.check import check
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.reproducing.differences import Difference, bitwise_expected, differences
from tunesmith.reproducing.judgement import REPRODUCED, Judgement, judged, worst
from tunesmith.reproducing.original import Original, manifest_of
from tunesmith.reproducing.relocation import Relocation
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.placed import at

FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """A run that was trained again.

    Attributes:
        original: what was recorded.
        again: the folder of the repeated run; None if it failed.
        judgements: of the recorded scores.
        differences: of the manifests.
        bitwise: whether the same bits were expected.
        error: why it failed.
    """

    original: Original
    again: RunFolder | None
    judgements: Sequence[Judgement] = field(default_factory=list)
    differences: Sequence[Difference] = field(default_factory=list)
    bitwise: bool = False
    error: str = ""

    @property
    def verdict(self) -> str:
        """The worst of its scores."""
        return FAILED if self.again is None else worst(self.judgements)

    @property
    def reproduced(self) -> bool:
        """Whether all scores are identical or within the interval of the seeds."""
        return self.verdict in REPRODUCED


def prepared(originals: Sequence[Original], relocation: Relocation, output_dir: str | None) -> list[Config]:
    """The configs to train: with this machine's places, checked, and with everything here that they need.

    Args:
        originals: to reproduce.
        relocation: of data and models.
        output_dir: where the repeated runs go; None for beside each run.

    Raises:
        UserError: with everything that is missing or wrong.
    """
    configs, mistakes = [], dict[str, None]()
    for original in originals:
        config = relocation.moved(original.config, original.manifests)
        config = at(config, config["output_dir"] if output_dir is None else output_dir)
        try:
            check(config)
            mistakes |= dict.fromkeys(relocation.missing(config, original.manifests))
        except UserError as error:
            mistakes |= dict.fromkeys(f"{original.label}: {mistake}" for mistake in error.mistakes)
        configs.append(config)
    if not mistakes and len(configs) > 1 and any(config["trainer"]["devices"] != 1 for config in configs):
        mistakes[
            "several runs that use several devices cannot be reproduced by one command: give one, run=DIR, or trainer.devices=1"
        ] = None
    if mistakes:
        raise UserError(list(mistakes))
    return configs


def reproduced(original: Original, config: Config, *, fresh: bool) -> Outcome:
    """Train one run again, and compare.

    Args:
        original: what was recorded.
        config: one of `prepared`.
        fresh: train in a new folder; else a completed repetition is compared, and an interrupted one resumed.
    """
    from tunesmith.training.train import train

    with _threads(original, config):
        again = train(config, fresh=fresh)
    return compared(original, config, again)


def compared(original: Original, config: Config, again: RunFolder) -> Outcome:
    """Compare a repeated run with what was recorded."""
    found = differences(original.manifest, manifest_of(again)) if original.manifest else []
    found += [
        Difference(f"trainer.{key}", str(original.config["trainer"].get(key)), str(config["trainer"].get(key)))
        for key in ("accelerator", "devices")
        if original.config["trainer"].get(key) != config["trainer"].get(key)
    ]
    bitwise = bitwise_expected(found, original.manifest, config)
    judgements = judged(original.scores, again.scores(), original.seeds, bitwise=bitwise, decimals=original.decimals)
    return Outcome(original, again, judgements, found, bitwise)


def reproduce_all(originals: Sequence[Original], configs: Sequence[Config], *, fresh: bool) -> Iterator[Outcome]:
    """The outcome of each run; one that fails does not stop the others, unless it is the only one."""
    for number, (original, config) in enumerate(zip(originals, configs, strict=True), start=1):
        print(f"{number} of {len(originals)}: {original.label}", flush=True)
        try:
            yield reproduced(original, config, fresh=fresh)
        except Exception as error:
            if len(originals) == 1:
                raise
            yield Outcome(original, None, error=first_line(error))


def common_differences(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """What differs between the recorded and the repeated runs, and in how many."""
    found: dict[str, int] = {}
    for outcome in outcomes:
        for difference in outcome.differences:
            found[str(difference)] = found.get(str(difference), 0) + 1
    return found


@contextmanager
def _threads(original: Original, config: Config) -> Iterator[None]:
    """As many threads as the run had, for sums in the same order; a sweep's jobs share the cores of a machine."""
    import torch

    before, hardware = torch.get_num_threads(), original.manifest.get("hardware")
    recorded = hardware.get("threads") if isinstance(hardware, dict) else None
    devices = config["trainer"].get("devices")
    if isinstance(recorded, int) and isinstance(devices, int) and 0 < recorded * devices <= (os.cpu_count() or 1):
        torch.set_num_threads(recorded * devices)
    try:
        yield
    finally:
        torch.set_num_threads(before)
