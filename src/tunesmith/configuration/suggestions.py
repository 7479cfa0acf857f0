"""What to type instead of a key, an option or a value that does not exist here: other frameworks' words, other spellings.

Each function returns the end of a message, such as `; did you mean optimizer.lr=3e-5?`, or an empty text. Choices of a group are in
`tunesmith.configuration.choice_suggestions`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tunesmith.configuration import synonyms
from tunesmith.configuration.choice_suggestions import chosen, plain, words_for
from tunesmith.configuration.choices import choices, conf_folders, groups
from tunesmith.configuration.score_names import score_name
from tunesmith.configuration.targets import SEVERAL
from tunesmith.configuration.typed_values import NUMBER, is_number, read, typed
from tunesmith.errors.messages import did_you_mean

LISTS = ("dataset.labels", "dataset.metrics", "logger.wandb.tags", "optimizer.betas")  # settings whose values are lists
_DISTRIBUTION = re.compile(r"(\w+)\(([^,()]+),([^,()]+)\)")
_CHOOSING = ("_target_", "name", "type", "choice", "class", "kind")  # settings that other frameworks choose a part by


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
    return chosen(key, value) if key in groups(conf_folders(None)) and isinstance(value, str) else key


def _group_setting(key: str, name: str, value: Any) -> str:
    """A group's choice, typed as a setting: `scheduler.name=cosine`, `trainer.logger=false`; empty for other keys."""
    before, _, _ = key.rpartition(".")
    known = groups(conf_folders(None))
    group = before.rpartition(".")[2]
    if name in _CHOOSING and group in known and isinstance(value, str):
        return chosen(group, value.rpartition(".")[2] if name == "_target_" else value)
    if before and name in known:
        return f"{name}=[]" if value is False and name in SEVERAL else chosen(name, value)
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
        number = value if is_number(value) else 1
        if name == "gpus":
            return small if number == 0 else _with_value(large, value)
        return _with_value(small if number <= 1 else large, value)
    if name in synonyms.GROUPS:
        group = synonyms.GROUPS[name]
        if group == "experiment" and str(value).endswith((".yaml", ".yml")):
            return synonyms.OPTIONS["--config-name"]
        return chosen(group, value)
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
    if NUMBER.fullmatch(example):
        whole = example.isdecimal()
        fits = is_number(value) and (not whole or (isinstance(value, int) and value > 0))
        return f"{before}={typed(value)}" if fits else words
    if isinstance(value, str) and value and not example.startswith(("[", "{")):
        return f"{before}={typed(value)}"
    if isinstance(value, str) and key in LISTS and value:
        return f"{before}=[{typed(value)}]"
    if isinstance(value, list) and value and example.startswith("["):
        return f"{before}=[{','.join(map(typed, value))}]"
    return words


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
        return f"; did you mean -m {words_for('sweep', value, choices('sweep', conf_folders(None))) or 'sweep=tpe'}?"
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
    if found is None or form is None or not all(NUMBER.fullmatch(part) for part in found.groups()[1:]):
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
