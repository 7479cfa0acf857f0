"""Run a finished run's config again and compare the scores."""

from rich.console import Console
from rich.table import Table

from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train


def reproduce(run: RunFolder) -> bool:
    """Train again beside the run; true if every score is the same to the last bit."""
    config = run.config()
    again = train(config, fresh=True)
    before, after = run.read_json("metrics.json"), again.read_json("metrics.json")
    table = Table(title=f"{run.path} again in {again.path}", title_justify="left")
    for heading in ("score", "before", "again", "difference"):
        table.add_column(heading, justify="left" if heading == "score" else "right")
    for name, value in before.items():
        table.add_row(
            name, f"{value:.6f}", f"{after[name]:.6f}", f"{after[name] - value:+.2e}" if after[name] != value else "0"
        )
    Console().print(table)
    equal: bool = before == after
    print(
        "Reproduced: every score is the same." if equal else "Not the same scores; compare the two manifest.json files."
    )
    return equal
