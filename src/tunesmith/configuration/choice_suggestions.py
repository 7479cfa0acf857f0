"""What to type instead of a choice that does not exist here: `backbone=bert` for a name on the hub, `dataset=csv` for a file.

The words come from the choices that there are, and from `tunesmith.configuration.synonyms`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.configuration import synonyms
from tunesmith.configuration.choices import choices, conf_folders
from tunesmith.errors.messages import did_you_mean, shortened

_SPACES = re.compile(r"[\W_]+")
_FILES = {  # the choice that reads a file, by its ending
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".txt": "text",
    ".conll": "conll",
    ".conllu": "conllu",
}
_EXAMPLES = {  # of a choice, where what was typed tells nothing
    "backbone": "bert",
    "dataset": "csv",
    "optimizer": "adamw",
    "scheduler": "linear",
    "logger": "wandb",
    "callbacks": "early_stopping",
    "regularization": "rdrop",
    "trainer": "ddp",
    "sweep": "tpe",
    "experiment": "demo_search",
}
_KEPT = {"logger": "csv", "callbacks": "checkpoint", "regularization": "standard"}  # what most runs want beside others


def plain(name: str) -> str:
    """A name without marks, in lower case: `SST-2` and `sst2` are the same."""
    return _SPACES.sub("", name).lower()


def for_choice(group: str, choice: str, available: Mapping[str, Path]) -> str:
    """What is meant by a choice that does not exist.

    Args:
        group: of `tunesmith.configuration.choices.groups`.
        choice: as typed.
        available: the choices and their files.
    """
    words = words_for(group, choice, available)
    near = did_you_mean(choice, available)
    misspelt = near and group == "backbone" and " " in words and "/" not in choice and _family(choice) is None
    if words and not misspelt:
        return f"; did you mean {words}?"
    inside = [name for name in available if plain(choice) in plain(name)] if group == "experiment" and choice else []
    inside.sort(key=lambda name: name.rpartition("/")[2] != choice)
    return f"; did you mean {group}={inside[0]}?" if inside else near


def choice_words(group: str, name: str, available: Mapping[str, Path]) -> str:
    """`dataset=csv` for a choice of a group, or a word that stands for one; empty for any other."""
    if name in available:
        return as_word(group, name)
    if group == "backbone" and _family(name) is None:
        return ""
    return words_for(group, name, available) if name else ""


def chosen(group: str, value: Any) -> str:
    """`backbone=bert` for a value that is a choice or stands for one; an example of the group's choices otherwise.

    Of a list, every choice in its own spelling; what is no choice stays as typed, as the next message tells it.
    """
    available = choices(group, conf_folders(None))
    if group in _KEPT and isinstance(value, list) and all(isinstance(name, str) for name in value):
        spelled = {plain(name): name for name in available}
        return f"{group}=[{','.join(spelled.get(plain(name), shortened(name)) for name in value)}]"
    name = value if isinstance(value, str) else ""
    if name in available:
        return as_word(group, name)
    return words_for(group, name, available) or as_word(group, _EXAMPLES.get(group) or next(iter(available)))


def words_for(group: str, choice: str, available: Mapping[str, Path]) -> str:
    """`dataset=sst2` for a choice in another spelling, a synonym, a file or a model of the hub; empty for any other."""
    spelled = {plain(name): name for name in available}
    name = plain(choice)
    if name in spelled:
        return f"{group}={spelled[name]}" if group not in _KEPT else as_word(group, spelled[name])
    if found := synonyms.CHOICES.get(group, {}).get(name):
        return found if "=" in found else as_word(group, found).removeprefix("-m ")
    if group == "backbone" and choice:
        return _model(choice, available)
    if group == "dataset" and (last := plain(choice.rpartition("/")[2])) in spelled:  # glue/sst2
        return f"{group}={spelled[last]}"
    ending = Path(choice).suffix.lower()
    if group == "dataset" and ending in _FILES:
        return f"dataset={_FILES[ending]} dataset.train={shortened(choice)}"
    return ""


def as_word(group: str, name: str) -> str:
    """A choice as it is typed: with what most runs want beside it, and with -m for what only sweeps have."""
    if group in _KEPT:
        return f"{group}=[{_KEPT[group]},{name}]" if name != _KEPT[group] else f"{group}=[{name}]"
    return f"-m {group}={name}" if group in ("sweep", "hydra/launcher") else f"{group}={name}"


def _model(name: str, available: Mapping[str, Path]) -> str:
    """The choice whose model has a name of the hub; for another name, the choice of its family with `backbone.name`."""
    from tunesmith.configuration.group_settings import written_in

    for choice, file in available.items():
        models = [s.default for s in written_in(file, "backbone").values() if s.key == "backbone.name"]
        if any(name.lower() in (model.lower(), model.lower().rpartition("/")[2]) for model in models):
            return f"backbone={choice}"
    if "/" not in name and "-" not in name:
        return ""
    return f"backbone={_family(name) or 'bert'} backbone.name={shortened(name)}"


def _family(name: str) -> str | None:
    """The choice whose defaults fit a model of the hub, by its name; None if that tells nothing."""
    return next((choice for part, choice in synonyms.FAMILIES.items() if part in plain(name)), None)
