"""What to type instead of a name that does not exist here: other frameworks' words, other spellings, names on the hub.

Each function returns the end of a message, such as `; did you mean optimizer.lr=3e-5?`, or an empty text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import synonyms
from tunesmith.configuration.choices import choices, conf_folders, groups
from tunesmith.configuration.score_names import score_name
from tunesmith.configuration.targets import SEVERAL
from tunesmith.errors.messages import did_you_mean, shortened

LISTS = ("dataset.labels", "dataset.metrics", "logger.wandb.tags", "optimizer.betas")  # settings whose values are lists
_SPACES = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DISTRIBUTION = re.compile(r"(\w+)\(([^,()]+),([^,()]+)\)")
_FILES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".txt": "text",
    ".conll": "conll",
    ".conllu": "conllu",
}


def plain(name: str) -> str:
    """A name without marks, in lower case: `SST-2` and `sst2` are the same."""
    return _SPACES.sub("", name).lower()


def for_key(key: str, value: Any, *, siblings: Sequence[str] = (), known: Sequence[str] = ()) -> str:
    """What is meant by an unknown key.

    Args:
        key: with dots, as typed.
        value: that it was given, as read from YAML; a mapping for the beginning of dotted keys.
        siblings: the full names of the keys beside it.
        known: other keys that exist.
    """
    if isinstance(value, Mapping) and value:
        inner = {f"{key}.{name}": part for name, part in value.items()}
        found = [for_key(name, part) for name, part in inner.items()]
        if any(found):
            return next(filter(None, found))
    name = name_of(key.rpartition(".")[2])
    if words := _group_setting(key, name, value) or for_name(name, value):
        return as_question(words)
    if same := [other for other in known if other.rpartition(".")[2] == name and "." not in key]:
        return as_question(_with_group(same[0], value))
    if siblings:
        return did_you_mean(key, siblings)
    roots = [other for other in known if "." not in other]
    near = did_you_mean(key, roots)
    if near:
        return as_question(_with_group(near.removeprefix("; did you mean ").removesuffix("?"), value))
    return _similar(name, value, known) or did_you_mean(key, known)


def as_question(words: str) -> str:
    """The end of a message: what is typed instead, or why nothing is needed; empty for no words."""
    if not words:
        return ""
    return f"; did you mean {words}?" if _is_typed(words) else f"; leave it out: {words}"


def _with_group(key: str, value: Any) -> str:
    """A key that was meant, with its value if it is a group: `optimizer=adamw` for `Optimizer=adamw`."""
    return _chosen(key, value) if key in groups(conf_folders(None)) and isinstance(value, str) else key


def _group_setting(key: str, name: str, value: Any) -> str:
    """A group's choice, typed as a setting: `scheduler.name=cosine`, `trainer.logger=false`; empty for other keys."""
    before, _, _ = key.rpartition(".")
    known = groups(conf_folders(None))
    group = before.rpartition(".")[2]
    if name in _CHOOSING and group in known and isinstance(value, str):
        return _chosen(group, value.rpartition(".")[2] if name == "_target_" else value)
    if before and name in known:
        return f"{name}=[]" if value is False and name in SEVERAL else _chosen(name, value)
    return ""


def _similar(name: str, value: Any, known: Sequence[str]) -> str:
    """A key that ends in nearly the same name: `learnig_rate`, `batchsize`."""
    ends = {other.rpartition(".")[2]: other for other in known}
    names = [*ends, *synonyms.KEYS, *synonyms.SWITCHES, *synonyms.GROUPS, *synonyms.BY_VALUE]
    found = did_you_mean(name, names).removeprefix("; did you mean ").removesuffix("?")
    spelled = {plain(other): other for other in reversed(names)}
    found = spelled.get(plain(name), found)
    if not found or len(name) < 4:
        return ""
    return f"; did you mean {for_name(found, value) or ends[found]}?"


def _is_typed(words: str) -> bool:
    return "=" in words.split(" ")[0] or words.startswith("-m ") or " " not in words


def name_of(name: str) -> str:
    """A name as the tables have it, without dashes: `learning_rate` for `--learning-rate`."""
    return name.lstrip("-").replace("-", "_").lower()


def for_name(name: str, value: Any) -> str:
    """The words that a synonym stands for, or why it needs none; empty for another name."""
    if name in synonyms.BY_VALUE:
        small, large = synonyms.BY_VALUE[name]
        number = value if _is_number(value) else 1
        if name == "gpus":
            return small if number == 0 else _with_value(large, value)
        return _with_value(small if number <= 1 else large, value)
    if name in synonyms.GROUPS:
        group = synonyms.GROUPS[name]
        if group == "experiment" and str(value).endswith((".yaml", ".yml")):
            return synonyms.OPTIONS["--config-name"]
        return _chosen(group, value)
    if name in synonyms.SWITCHES:
        off = value is False or value in ("false", "no", "off")
        return f"without {synonyms.SWITCHES[name]} it is off" if off else synonyms.SWITCHES[name]
    if name in synonyms.KEYS:
        return _with_value(synonyms.KEYS[name], value)
    return synonyms.WITHOUT_KEY.get(name, "")


def _with_value(words: str, value: Any) -> str:
    """The words with a value in place of the last example, where it is of the same kind."""
    before, _, example = words.rpartition("=")
    key = before.rpartition(" ")[2]
    if key in synonyms.VALUES:
        return f"{before}={synonyms.VALUES[key].get(plain(str(value)), example)}"
    if key == "monitor" and isinstance(value, str) and value:
        return f"{before}={value if '/' in value else 'validation/' + score_name(value)}"
    if example in ("true", "false"):
        return f"{before}={typed(value)}" if isinstance(value, bool) else words
    if _NUMBER.fullmatch(example):
        whole = example.isdecimal()
        fits = _is_number(value) and (not whole or (isinstance(value, int) and value > 0))
        return f"{before}={typed(value)}" if fits else words
    if isinstance(value, str) and value and not example.startswith(("[", "{")):
        return f"{before}={typed(value)}"
    if isinstance(value, str) and key in LISTS and value:
        return f"{before}=[{typed(value)}]"
    if isinstance(value, list) and value and example.startswith("["):
        return f"{before}=[{','.join(map(typed, value))}]"
    return words


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) != float("inf")
    )


def typed(value: Any) -> str:
    """A value as a person types it: 1e-05 is 1e-5."""
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        mantissa, _, exponent = f"{value:.10e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if isinstance(value, float):
        return re.sub(r"e([-+])0*", lambda found: f"e{found[1].replace('+', '')}", repr(value))
    return shortened(str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value))


def read(text: str) -> Any:
    """A value of the command line: a number, true, false, null, or the text itself."""
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)


def _chosen(group: str, value: Any) -> str:
    """`backbone=bert` for a value that is a choice or stands for one; an example of the group's choices otherwise."""
    available = choices(group, conf_folders(None))
    name = value if isinstance(value, str) else ""
    if name in available:
        return _as_word(group, name)
    return _words_for(group, name, available) or _as_word(group, _EXAMPLES.get(group) or next(iter(available)))


def choice_words(group: str, name: str, available: Mapping[str, Path]) -> str:
    """`dataset=csv` for a choice of a group, or a word that stands for one; empty for any other."""
    if name in available:
        return _as_word(group, name)
    if group == "backbone" and _family(name) is None:
        return ""
    return _words_for(group, name, available) if name else ""


_CHOOSING = ("_target_", "name", "type", "choice", "class", "kind")  # settings that other frameworks choose a part by
_EXAMPLES = {
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


def _as_word(group: str, name: str) -> str:
    if group in _KEPT:
        return f"{group}=[{_KEPT[group]},{name}]" if name != _KEPT[group] else f"{group}=[{name}]"
    return f"-m {group}={name}" if group in ("sweep", "hydra/launcher") else f"{group}={name}"


def for_choice(group: str, choice: str, available: Mapping[str, Path]) -> str:
    """What is meant by a choice that does not exist.

    Args:
        group: of `tunesmith.configuration.choices.groups`.
        choice: as typed.
        available: the choices and their files.
    """
    words = _words_for(group, choice, available)
    near = did_you_mean(choice, available)
    misspelt = near and group == "backbone" and " " in words and "/" not in choice and _family(choice) is None
    if words and not misspelt:
        return f"; did you mean {words}?"
    inside = [name for name in available if plain(choice) in plain(name)] if group == "experiment" and choice else []
    inside.sort(key=lambda name: name.rpartition("/")[2] != choice)
    return f"; did you mean {group}={inside[0]}?" if inside else near


def _words_for(group: str, choice: str, available: Mapping[str, Path]) -> str:
    spelled = {plain(name): name for name in available}
    name = plain(choice)
    if name in spelled:
        return f"{group}={spelled[name]}" if group not in _KEPT else _as_word(group, spelled[name])
    if found := synonyms.CHOICES.get(group, {}).get(name):
        return found if "=" in found else _as_word(group, found).removeprefix("-m ")
    if group == "backbone" and choice:
        return _model(choice, available)
    if group == "dataset" and (last := plain(choice.rpartition("/")[2])) in spelled:  # glue/sst2
        return f"{group}={spelled[last]}"
    ending = Path(choice).suffix.lower()
    if group == "dataset" and ending in _FILES:
        return f"dataset={_FILES[ending]} dataset.train={shortened(choice)}"
    return ""


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


def for_value(key: str, value: Any) -> str:
    """What is meant by a value of another library: `trainer.precision=fp16`, `trainer.devices=auto`."""
    if key in synonyms.VALUES and not isinstance(value, bool):
        meant = synonyms.VALUES[key].get(plain(str(value)))
        return f"; did you mean {key}={meant}?" if meant else ""
    return f"; {synonyms.OTHER_VALUES[key]}" if key in synonyms.OTHER_VALUES else ""


def for_hydra(word: str) -> str:
    """What is meant by one of Hydra's own settings that is not supported: `hydra/sweeper=optuna`."""
    key, _, value = word.lstrip("+~").partition("=")
    if key == "hydra/sweeper":
        return f"; did you mean -m {_words_for('sweep', value, choices('sweep', conf_folders(None))) or 'sweep=tpe'}?"
    if key.startswith("hydra.sweeper.params."):
        name = key.removeprefix("hydra.sweeper.params.")
        return f"; did you mean -m sweep=tpe {name}={value or 'a,b'}?"
    for beginning, words in synonyms.HYDRA.items():
        if key == beginning or key.startswith(f"{beginning}."):
            return f"; did you mean {_with_value(words, read(value)) if key == beginning else words}?"
    return ""


def for_distribution(word: str) -> str:
    """What is meant by `optimizer.lr=loguniform(1e-5,1e-3)`."""
    key, _, value = word.lstrip("+").partition("=")
    found = _DISTRIBUTION.fullmatch(value.replace(" ", ""))
    form = synonyms.DISTRIBUTIONS.get(found[1].lower()) if found else None
    if found is None or form is None or not all(_NUMBER.fullmatch(part) for part in found.groups()[1:]):
        return ""
    key = synonyms.KEYS.get(name_of(key), key).rpartition(" ")[2].partition("=")[0]
    return f'; did you mean -m sweep=tpe "{key}={form.format(found[2], found[3])}"?'


def for_option(option: str, value: str | None, keys: Iterable[str]) -> str:
    """What is meant by an option with dashes: those of Hydra, and keys as argparse takes them, `--seed 3`.

    Args:
        option: with its dashes, without a value.
        value: behind `=`, or the next word; None if there is none.
        keys: that exist, with dots, and the groups.
    """
    if option in synonyms.OPTIONS:
        words = synonyms.OPTIONS[option]
        return f"; {words}" if words.startswith("leave") or ";" in words else f"; did you mean {words}?"
    name = name_of(option)
    given = True if value is None else read(value)
    known = list(keys)
    if name in known:
        return f"; did you mean {name}={'...' if value is None else value}?"
    return for_key(name, given, known=known)


def for_command_key(key: str, keys: Sequence[str]) -> str:
    """What is meant by a key of a command on a completed run, such as `checkpoint` for `run`."""
    name = name_of(key)
    named: Iterator[str] = (other for other, names in synonyms.COMMAND_KEYS.items() if name in names and other in keys)
    found = next(named, None)
    return f"; did you mean {found}?" if found else did_you_mean(key, keys)
