"""The rows or columns of a table of two settings: runs with the same value of a setting have the same label."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from tunesmith.report.lookup import of_config
from tunesmith.report.records import Record
from tunesmith.runs.recorded import content_of

Identity = tuple[str, str]  # a name, and what tells apart what has the same name


def labels(records: Sequence[Record], key: str) -> list[str]:
    """The label of each run: its value as it was typed for a sweep, if all runs with that value typed it so.

    Args:
        records: of several sweeps, or of none.
        key: of a setting, such as `optimizer.lr`, or a group such as `dataset`, whose choices are told apart by what they are:
            two files `train.csv` in different folders are two datasets, and `rte` and `glue/rte` may be the same one.

    Raises:
        UserError: if a run has no such setting.
    """
    found = identities(records, key)
    runs: dict[Identity, list[Record]] = {}
    for identity, record in zip(found, records, strict=True):
        runs.setdefault(identity, []).append(record)
    names = {identity: _typed(same, key) or identity[0] for identity, same in runs.items()}
    for longer in (lambda identity: identity[0], lambda identity: _with_parent(runs[identity][0], key, identity[0])):
        for identity in _ambiguous(names):
            names[identity] = longer(identity)
    for identity in _ambiguous(names):
        names[identity] = f"{names[identity]} {identity[1][:6]}".rstrip()
    return [names[identity] for identity in found]


def identities(records: Sequence[Record], key: str) -> list[Identity]:
    """What the value of a setting is in each run, however it was typed."""
    names = [of_config(record, key) for record in records]
    contents = [_content(record) if key == "dataset" else "" for record in records]
    known = {
        name: {content for other, content in zip(names, contents, strict=True) if other == name} - {""}
        for name in names
    }
    told = []
    for name, content, record in zip(names, contents, records, strict=True):
        # A run that has not recorded its data is of the only dataset of that name; if none has, the place of its files tells.
        told.append(content or ("" if len(known[name]) > 1 else next(iter(known[name]), _place(record, key))))
    return list(zip(names, told, strict=True))


def _content(record: Record) -> str:
    """The fingerprint of the split that is scored."""
    return content_of(record.data.get("test", ""), "test") or content_of(
        record.data.get("validation", ""), "validation"
    )


def _place(record: Record, key: str) -> str:
    """Where a choice is from: a folder, a file or a name on the hub; empty for one that is nowhere."""
    node: Any = record.config.get(key)
    if key not in ("dataset", "backbone") or not isinstance(node, Mapping):
        return ""
    return str((node.get("path") or node.get("train") if key == "dataset" else node.get("name")) or "")


def _typed(records: Sequence[Record], key: str) -> str | None:
    texts = {(record.overrides or {}).get(key) for record in records}
    return texts.pop() if len(texts) == 1 else None


def _with_parent(record: Record, key: str, name: str) -> str:
    parent = PurePath(_place(record, key)).parent.name
    return f"{parent}/{name}" if parent and not name.startswith(f"{parent}/") else name


def _ambiguous(names: Mapping[Identity, str]) -> list[Identity]:
    texts = list(names.values())
    return [identity for identity, text in names.items() if texts.count(text) > 1]
