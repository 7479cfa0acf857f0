"""`tunesmith list`: the choices of each group with the first comment of their YAML files."""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.configuration.choices import choices, groups
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean


def describe(file: Path) -> str:
    """The first comment of a YAML file."""
    with file.open(encoding="utf-8") as stream:
        lines = [line.removeprefix("#").strip() for line in stream if line.startswith("#") and "@package" not in line]
    return lines[0] if lines else ""


def listing(wanted: Sequence[str], folders: Sequence[Path]) -> str:
    """The choices of the wanted groups, or of all groups.

    Raises:
        UserError: for a group that does not exist.
    """
    known = groups(folders)
    for group in wanted:
        if group not in known:
            raise UserError(f"there is no group {group}{did_you_mean(group, known)} (groups: {', '.join(known)})")
    blocks = []
    for group in wanted or known:
        found = choices(group, folders)
        width = max(map(len, found), default=0)
        blocks.append("\n".join([group, *(f"  {name:<{width}}  {describe(file)}" for name, file in found.items())]))
    return "\n\n".join(blocks)
