"""What a user calls the choice of a config group: `crf`, `[standard,rdrop]`. The config holds the settings, not the choice."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from tunesmith.configuration.targets import SEVERAL, SINGLE

GROUPS = ("dataset", *SINGLE, *SEVERAL)


def choice_name(group: str, node: Any) -> str:
    """The name of a choice.

    Args:
        group: one of GROUPS.
        node: its settings.
    """
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
