"""Train a completed run's config again and compare the scores."""

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train


def reproduce(run: RunFolder) -> bool:
    """Train again in a folder next to the run's; true if all scores are bitwise equal."""
    config = run.config()
    again = train(config, fresh=True)
    before, after = run.scores(), again.scores()
    table = Table(title=Text(f"{run.path} repeated in {again.path}"), title_justify="left")
    for heading in ("score", "original", "repeated", "difference"):
        table.add_column(heading, justify="left" if heading == "score" else "right")
    for name, value in before.items():
        same = _same(value, after[name])
        table.add_row(name, f"{value:.6f}", f"{after[name]:.6f}", "0" if same else f"{after[name] - value:+.2e}")
    Console().print(table)
    equal = all(_same(value, after[name]) for name, value in before.items())  # an earlier version has fewer scores
    print(
        "Reproduced: all scores are identical." if equal else "The scores differ; compare the two manifest.json files."
    )
    return equal


def _same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))
