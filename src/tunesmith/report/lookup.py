"""The value of a setting of a run, by the key that a user would type: `optimizer.lr`, or a group such as `regularization`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from tunesmith.configuration.identity import BOOKKEEPING
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.report.groups import Group
from tunesmith.report.records import Record

GROUPS = ("dataset", *SINGLE, *SEVERAL)


def value(record: Record, key: str) -> str:
    """The setting of a run: as its sweep varied it, or else as its config has it.

    Raises:
        UserError: if the config has no such key.
    """
    if record.overrides and key in record.overrides:
        return record.overrides[key]
    node: Any = record.config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            raise UserError(f"{record.path} has no setting {key}{did_you_mean(key, [*keys(record.config)])}")
        node = node[part]
    return _choice(key, node) if key in GROUPS else str(node)


def keys(config: Mapping[str, Any], path: str = "") -> Iterable[str]:
    """All keys of a config, groups included."""
    for key, node in config.items():
        yield f"{path}{key}"
        if isinstance(node, Mapping):
            yield from keys(node, f"{path}{key}.")


def _choice(group: str, node: Any) -> str:
    """What a user calls the choice of a group; the config does not record it."""
    if not isinstance(node, Mapping):
        return str(node)
    if group in SEVERAL:
        return f"[{','.join(node)}]"
    if group == "dataset":
        files = str(node.get("path") or node.get("train") or node.get("source"))
        return f"{PurePath(files).stem}{'/' + str(node['config']) if node.get('config') else ''}"
    module, _, name = str(node.get("_target_")).rpartition(".")
    if group == "backbone":
        family = node.get("family")
        return f"random_{family}" if family else PurePath(str(node.get("name", name))).name
    return name if name.islower() else module.rpartition(".")[2]


def varying(groups: Sequence[Group]) -> dict[str, list[str]]:
    """The settings that distinguish groups, and their values in the order in which they occur."""
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for key, text in group.varied.items():
            found.setdefault(key, {})[text] = None
    return {key: list(texts) for key, texts in found.items() if key not in BOOKKEEPING}
