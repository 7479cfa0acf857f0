"""Checks for unknown keys, missing keys, and values of the wrong type or out of range."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from annotated_types import Len

from tunesmith.configuration import Config, schema, suggestions, targets
from tunesmith.configuration.choice_suggestions import for_choice
from tunesmith.configuration.choices import choices, conf_folders
from tunesmith.configuration.override_quoting import as_text, in_a_shell
from tunesmith.configuration.ranges import Seed
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.configuration.typed_values import typed
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

ROOT: dict[str, Any] = {"seed": Seed, "output_dir": Annotated[str, Len(1)], "name": str | None, "monitor": str | None}
_NAME_BYTES = 255  # of a folder's name, on all usual file systems
BATCHING = "tunesmith.data.module.TextDataModule"


def wrong_settings(config: Config) -> Iterator[str]:
    """Mistakes in the keys and values of a config, each group by itself."""
    group_names = ("dataset", *SINGLE, *SEVERAL)
    known = [*ROOT, *group_names]
    inner = [*_paths({key: config[key] for key in config if key in group_names}), *_deep_paths(config)]
    for key in config:
        if key in _paths(config):  # of a YAML file
            group, _, name = str(key).partition(".")
            yield f"the key {key} has a dot; write it as two keys: {group}: {{{name}: ...}}"
        elif key not in known:
            near = suggestions.for_key(str(key), config[key], known=[*known, *inner])
            yield f"unknown key {key}{near}"
    yield from mistakes({key: config[key] for key in ROOT if key in config}, ROOT, path="")
    if isinstance(config.get("name"), str):
        yield from _name_mistakes(config["name"])
    for group in group_names:
        if not isinstance(config.get(group), dict):
            yield f"{group} is {config.get(group)!r}; expected a group of settings: {group}=<choice>, see tunesmith list {group}"
        elif group == "dataset":
            yield from _dataset_settings(config[group])
        elif group in SINGLE:
            yield from _node(config[group], group=group, path=group)
        else:
            for name, node in config[group].items():
                if isinstance(node, dict) and "_target_" not in node:
                    chosen = [
                        key for key, other in config[group].items() if isinstance(other, dict) and "_target_" in other
                    ]
                    yield from _not_selected(group, str(name), node, chosen)
                elif isinstance(node, dict):
                    yield from _node(node, group=group, path=f"{group}.{name}")
                else:
                    if words := suggestions.for_name(str(name), node):
                        yield f"unknown key {group}.{name}; did you mean {words}?"
                        continue
                    chosen = [key for key, other in config[group].items() if isinstance(other, dict)]
                    near = did_you_mean(str(name), chosen)
                    yield f"{group}.{name} is {node!r}; expected the settings of a choice that is selected: {group}=[{name}]{near}"


def _not_selected(group: str, name: str, node: Mapping[str, Any], chosen: list[str]) -> Iterator[str]:
    """Settings of a choice that is not selected: `callbacks.early_stopping.patience=5` alone, or of one that does not exist."""
    available = choices(group, conf_folders(None))
    inner = {key if key in ROOT else f"{group}.{name}.{key}": value for key, value in node.items()}
    settings = " ".join(f"{key}={typed(value)}" for key, value in inner.items() if not isinstance(value, dict))
    if name in available:
        words = f"{group}=[{','.join([*chosen, name])}] {settings}".strip()
        yield f"unknown key {group}.{name}: no selected choice of {group} has this name; did you mean {words}?"
        return
    near = for_choice(group, name, available)
    near = near or next(filter(None, (suggestions.for_key(key, value) for key, value in inner.items())), "")
    yield f"unknown key {group}.{name}: no choice of {group} has this name{near} (choices: {', '.join(available) or 'none'})"


def _name_mistakes(name: str) -> Iterator[str]:
    """A name that cannot be a folder below `output_dir`."""
    parts = name.split("/")
    wrong = sorted({character for character in name if character == "\\" or not character.isprintable()})
    problem = ""
    if not name.strip() or any(part != part.strip() for part in parts):
        problem = "which is empty, or begins or ends with a blank"
    elif name.startswith(("/", "~")) or any(part in ("", ".", "..") for part in parts):
        problem = "which leads out of output_dir, or has an empty part"
    elif wrong:
        problem = f"which contains {' and '.join(map(repr, wrong))}"
    elif longest := [part for part in parts if len(part.encode()) > _NAME_BYTES]:
        problem = f"a part of which has {len(longest[0].encode())} bytes, more than {_NAME_BYTES}"
    if problem:
        yield f"name is {name!r:.80}, {problem}; expected a folder below output_dir, such as name=reviews or name=reviews/bert"


def _paths(config: Config) -> list[str]:
    return [f"{group}.{key}" for group, node in config.items() if isinstance(node, dict) for key in node]


def _deep_paths(config: Config) -> list[str]:
    """The settings of groups with several choices."""
    return [
        f"{group}.{name}.{key}"
        for group in SEVERAL
        if isinstance(config.get(group), dict)
        for name, node in config[group].items()
        if isinstance(node, dict)
        for key in node
    ]


def _node(node: Mapping[str, Any], *, group: str, path: str) -> Iterator[str]:
    if not isinstance(node.get("_target_"), str) and group in SINGLE:
        yield f"{path} has no _target_; expected the dotted name of a class in the choice's YAML file, as tunesmith's own have"
        return
    if not isinstance(node.get("_target_"), str):
        yield f"unknown key {path}: no selected choice of {group} has this name; select it: {group}=[...,{path.rpartition('.')[2]}]"
        return
    try:
        signature = schema.signature(node["_target_"], group=group)
    except UserError as error:
        yield f"{path}._target_: {error}"
        return
    by_position = [key for key in node if key in signature.by_position]
    for key in by_position:
        yield f"{path}.{key} is passed to {node['_target_']} by position; expected a keyword-only parameter: put a * before it"
    given = {key: value for key, value in node.items() if key != "_target_" and key not in by_position}
    yield from mistakes(given, signature.settings, path=path)


def _dataset_settings(dataset: Mapping[str, Any]) -> Iterator[str]:
    settings: dict[str, Any] = {}
    for group in ("source", "task"):
        if not isinstance(dataset.get(group), str):
            yield f"dataset.{group} is {dataset.get(group)!r}; expected a name, such as {'csv' if group == 'source' else 'text_classification'}"
            return
        try:
            settings |= schema.signature(targets.part_target(dataset[group], group=group), group=group).settings
        except UserError as error:
            yield f"dataset.{group}={dataset[group]}: {error}"
            return
    settings |= schema.read_signature(BATCHING).settings
    yield from mistakes({k: v for k, v in dataset.items() if k not in ("source", "task")}, settings, path="dataset")


def mistakes(node: Mapping[str, Any], settings: Mapping[str, Any], *, path: str) -> list[str]:
    """Unknown keys, missing keys and values of the wrong type or out of range, one message each."""
    known = {key: value for key, value in node.items() if key in settings}
    unknown = [
        f"unknown key {_join(path, key)}"
        + suggestions.for_key(_join(path, key), value, siblings=[_join(path, s) for s in settings])
        for key, value in node.items()
        if key not in settings
    ]
    missing = [f"{_join(path, key)} is missing; set {_join(path, key)}=..." for key in settings if key not in node]
    wrong = [text for key, value in known.items() for text in _value_mistakes(value, settings[key], _join(path, key))]
    return unknown + missing + wrong


def _value_mistakes(value: Any, annotation: Any, path: str) -> Iterable[str]:
    from pydantic import ValidationError

    if value == "???":
        return [f"{path} is required; set {path}=..."]
    if isinstance(value, str) and "\0" in value:
        return [f"{path} is {value!r}, which contains a NUL character; remove it"]
    try:
        _validator(annotation).validate_python(value, strict=True)
    except ValidationError as error:
        expected = " or ".join(dict.fromkeys(_expected(part["msg"]) for part in error.errors()))
        mistake = f"{path} is {value!r}; expected {expected}{suggestions.for_value(path, value)}"
        if isinstance(value, int | float) and "a valid string" in expected:
            typed = str(value).lower() if isinstance(value, bool) else str(value)
            mistake += f"; as a text: {in_a_shell(f'{path}={as_text(typed)}')}"
        return [mistake]
    return []


def _expected(message: str) -> str:
    """`a list with at least 2 items` of pydantic's messages."""
    message = message.replace("Input should be ", "").replace("List should have ", "a list with ")
    message = message.replace("String should have ", "a text with ")
    message = message.replace("a valid boolean", "true or false")
    return message.partition(" after validation")[0]


@functools.cache
def _validator(annotation: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(annotation)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
