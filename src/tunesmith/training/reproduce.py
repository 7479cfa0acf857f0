"""Train a completed run's config again and compare the scores."""

import math

from rich.table import Table
from rich.text import Text

from tunesmith.configuration import Config
from tunesmith.errors.terminal import Escaped, console
from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train


def reproduce(run: RunFolder, config: Config) -> bool:
    """Train again; true if all scores are bitwise equal.

    Args:
        run: completed.
        config: the run's, as `tunesmith.runs.placed` gives it.
    """
    again = train(config, fresh=True)
    before, after = run.scores(), again.scores()
    table = Table(title=Text(f"{run.path} repeated in {again.path}"), title_justify="left")
    for heading in ("score", "original", "repeated", "difference"):
        table.add_column(heading, justify="left" if heading == "score" else "right")
    for name, value in before.items():
        repeated = after.get(name, math.nan)
        difference = "0" if _same(value, repeated) else f"{repeated - value:+.2e}"
        table.add_row(Text(name), f"{value:.6f}", f"{repeated:.6f}" if name in after else "", difference)
    console().print(Escaped(table))
    equal = all(
        name in after and _same(value, after[name]) for name, value in before.items()
    )  # an earlier version has fewer scores
    print(
        "Reproduced: all scores are identical." if equal else "The scores differ; compare the two manifest.json files."
    )
    return equal


def _same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))
