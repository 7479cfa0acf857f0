"""The table of scores at the end of a run."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table


def print_scores(scores: Mapping[str, float], *, title: str, first: str | None = None) -> None:
    """Print a row per score and a column per split; keys are `validation/accuracy`. Row `first` is on top, in bold."""
    splits = list(dict.fromkeys(key.partition("/")[0] for key in scores))
    names = list(dict.fromkeys(key.partition("/")[2] for key in scores))
    names.sort(key=lambda name: name != first)
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("score")
    for split in splits:
        table.add_column(split, justify="right")
    for name in names:
        cells = [f"{scores[f'{split}/{name}']:.4f}" if f"{split}/{name}" in scores else "" for split in splits]
        table.add_row(name, *cells, style="bold" if name == first else None)
    Console().print(table)
