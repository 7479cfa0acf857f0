"""Train a completed run's config again and compare the scores."""

from rich.console import Console
from rich.table import Table

from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train


def reproduce(run: RunFolder) -> bool:
    """Train again in a folder next to the run's; true if all scores are bitwise equal."""
    config = run.config()
    again = train(config, fresh=True)
    before, after = run.read_json("metrics.json"), again.read_json("metrics.json")
    table = Table(title=f"{run.path} repeated in {again.path}", title_justify="left")
    for heading in ("score", "original", "repeated", "difference"):
        table.add_column(heading, justify="left" if heading == "score" else "right")
    for name, value in before.items():
        table.add_row(
            name, f"{value:.6f}", f"{after[name]:.6f}", f"{after[name] - value:+.2e}" if after[name] != value else "0"
        )
    Console().print(table)
    equal: bool = before == after
    print(
        "Reproduced: all scores are identical." if equal else "The scores differ; compare the two manifest.json files."
    )
    return equal
