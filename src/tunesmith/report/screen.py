"""The results table on a screen: the best configuration first, its score in bold; scores stay where space is short."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tunesmith.configuration.monitor import monitored
from tunesmith.documents.numbers import shown
from tunesmith.errors.messages import listed
from tunesmith.errors.terminal import Escaped, console
from tunesmith.report.groups import Group, best
from tunesmith.report.tables import cell, setting_names, states

_SCORES = 2  # on a screen
_WIDTH = 160  # characters per line in a file
_ROWS = 40  # configurations
_NARROWEST = 8  # characters of a column of settings
_FRAME = 3  # characters between two columns


def print_table(groups: Sequence[Group], scores: Sequence[str], *, title: str, rest: str) -> None:
    """Print the configurations, at most 40.

    Args:
        groups: in the order of the rows.
        scores: names, the first two of which are shown.
        title: above the table.
        rest: the file that has the rows that are left out.
    """
    first = best(groups)
    screen = console()
    screen = screen if screen.is_terminal else console(width=_WIDTH)
    keys = setting_names(groups)
    kept = [group for group in groups if group is first] if len(groups) > _ROWS else []
    kept += [group for group in groups if group not in kept]
    rows = [_row(group, keys, scores[:_SCORES]) for group in kept[:_ROWS]]
    headings = [*keys, "seeds", *scores[:_SCORES], "time", "state"]
    hidden = _hidden(headings, rows, len(keys), screen.width)
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for place, heading in enumerate(headings):
        if place in hidden:
            continue
        if place < len(keys):
            table.add_column(Text(heading), overflow="fold", min_width=len(heading))
        else:
            table.add_column(Text(heading), justify="right", no_wrap=heading in scores)
    for group, row in zip(kept, rows, strict=False):
        cells = [Text(text) for place, text in enumerate(row) if place not in hidden]
        if group is first:
            cells[sum(place not in hidden for place in range(len(keys) + 1))].stylize("bold green")
        table.add_row(*cells)
    screen.print(Escaped(table))
    if unseen := [headings[place] for place in sorted(hidden) if place < len(keys)]:
        print(f"For lack of space without {listed(unseen)}; {rest} has every setting")
    if len(groups) > _ROWS:
        left = len(groups) - _ROWS
        print(f"... and {left} more configuration{'s' * (left != 1)} in {rest}")
    if first is not None and len(groups) > 1:
        print(f"Best by {monitored(first.records[0].config)}: {first.label}  {first.completed[0].path}")


def _row(group: Group, keys: Sequence[str], scores: Sequence[str]) -> list[str]:
    seconds = "" if group.seconds is None else f"{group.seconds:.1f} s"
    numbers = [shown(cell(group, score), 4) for score in scores]
    return [*group.settings(keys), str(len(group.seeds)), *numbers, seconds, states(group)]


def _hidden(headings: Sequence[str], rows: Sequence[Sequence[str]], settings: int, width: int) -> set[int]:
    """The places of columns for which there is no space: the time goes first, then the states, then the second score.

    Then the settings go, the last first, but one: a table without scores shows nothing.
    """
    widths = [max(map(len, [heading, *column])) for heading, *column in zip(headings, *rows, strict=True)]
    needed = [
        min(wide, max(_NARROWEST, len(headings[place]))) if place < settings else wide
        for place, wide in enumerate(widths)
    ]
    hidden: set[int] = set()
    last = len(headings) - 1
    for place in (last - 1, last, settings + _SCORES, *reversed(range(1, settings))):
        total = sum(wide + _FRAME for column, wide in enumerate(needed) if column not in hidden) + 1
        if total > width and (place > settings + 1 or place < settings):
            hidden.add(place)
    return hidden
