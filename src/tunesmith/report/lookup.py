"""The value of a setting of a run, by the key that a user would type: `optimizer.lr`, or a group such as `regularization`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tunesmith.configuration.identity import BOOKKEEPING
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.report.choice_names import GROUPS, choice_name
from tunesmith.report.groups import Group
from tunesmith.report.records import Record


def value(record: Record, key: str) -> str:
    """The setting of a run: as its sweep varied it, or else as its config has it.

    Raises:
        UserError: if the config has no such key.
    """
    if record.overrides and key in record.overrides:
        return record.overrides[key]
    return of_config(record, key)


def of_config(record: Record, key: str) -> str:
    """The setting of a run as its config has it; the name of a choice for a group.

    Raises:
        UserError: if the config has no such key.
    """
    node: Any = record.config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            raise UserError(f"{record.path} has no setting {key}{did_you_mean(key, [*keys(record.config)])}")
        node = node[part]
    return choice_name(key, node) if key in GROUPS else str(node)


def keys(config: Mapping[str, Any], path: str = "") -> Iterable[str]:
    """All keys of a config, groups included."""
    for key, node in config.items():
        yield f"{path}{key}"
        if isinstance(node, Mapping):
            yield from keys(node, f"{path}{key}.")


def varying(groups: Sequence[Group]) -> dict[str, list[str]]:
    """The settings that distinguish groups, and their values in the order in which they occur."""
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for key, text in group.varied.items():
            found.setdefault(key, {})[text] = None
    return {key: list(texts) for key, texts in found.items() if key not in BOOKKEEPING}
