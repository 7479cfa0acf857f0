"""The configuration that the others are compared with, as a user names it: by its settings, or by the folder of a run."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from tunesmith.configuration.typed_values import finite_number
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.figures.labels import shortened
from tunesmith.report.groups import Group
from tunesmith.report.lookup import value, varying

_LISTED = 6  # configurations in a message
_CHARACTERS = 120  # of each of them


def find_baseline(groups: Sequence[Group], named: str) -> Group:
    """The only group with some settings, or with a run.

    Args:
        groups: to choose from.
        named: settings such as `optimizer.lr=1e-4 regularization=[standard]`, or the folder of a run.

    Raises:
        UserError: if none or several match.
    """
    folder = Path(named).expanduser()
    for group in groups:
        if folder.is_dir() and any(record.path.resolve() == folder.resolve() for record in group.records):
            return group
    try:
        words = shlex.split(named)
    except ValueError:
        words = named.split()
    settings = [tuple(word.split("=", 1)) for word in words if "=" in word]
    if not settings or len(settings) != len(words):
        raise UserError(
            f"baseline={named} is neither the folder of one of these runs nor settings; expected baseline='optimizer.lr=1e-4' "
            f"or the folder of a run; {_choices(groups)}"
        )
    matching = [group for group in groups if all(_has(group, key, text) for key, text in settings)]
    if not matching:
        known = varying(groups)
        nearest = "".join(
            did_you_mean(f"{key}={text}", [f"{key}={other}" for other in known.get(key, [])]) for key, text in settings
        )
        raise UserError(f"no configuration matches baseline={named}{nearest}; {_choices(groups)}")
    if len(matching) > 1:
        raise UserError(f"baseline={named} matches {len(matching)} configurations; add settings: {_choices(matching)}")
    return matching[0]


def _has(group: Group, key: str, text: str) -> bool:
    found = value(group.records[0], key)
    return found == text or finite_number(found) == finite_number(text) is not None or found == f"[{text}]"


def _choices(groups: Sequence[Group]) -> str:
    """The configurations of a message."""
    if not any(group.varied for group in groups):
        return "there is one configuration only"
    shown = [shortened(group.label, _CHARACTERS) for group in groups[:_LISTED]]
    more = f", and {len(groups) - _LISTED} more" if len(groups) > _LISTED else ""
    return f"the configurations are {'; '.join(shown)}{more}"
