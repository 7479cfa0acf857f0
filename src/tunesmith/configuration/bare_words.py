"""Words of a command line that are not `key=value`: `dataset csv`, `lr 1e-4`, `seed = 3`, `lr: 1e-4`, `csv`, `train.csv`.

None is accepted; each is answered with what was probably meant.
"""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.configuration import suggestions, synonyms
from tunesmith.configuration.choice_suggestions import choice_words, for_choice
from tunesmith.configuration.choices import choices, conf_folders, groups
from tunesmith.configuration.typed_values import read

_ROOT = ("seed", "name", "output_dir", "monitor")
_FIRST = ("dataset", "backbone", "head", "optimizer", "scheduler")  # groups that a single word is most likely of


def set_apart(words: Sequence[str], *, expected: str) -> tuple[list[str], list[str]]:
    """The words that are overrides, and a mistake for each of the others.

    Args:
        words: as typed, without options.
        expected: the form of a word, for messages.
    """
    overrides: list[str] = []
    mistakes: list[str] = []
    number = 0
    while number < len(words):
        taken, words_meant = _read(words[number:])
        if taken == 0:
            overrides.append(words[number])
        else:
            typed = " ".join(words[number : number + taken])
            before = words[number - 1] if number else ""
            belongs = f'; if it belongs to the value before it: "{before} {typed}"' if before in overrides[-1:] else ""
            mistakes.append(f"{typed!r} is not key=value{words_meant or f'; expected {expected}{belongs}'}")
        number += max(taken, 1)
    return overrides, mistakes


def _read(words: Sequence[str]) -> tuple[int, str]:
    """How many of the first words are no override, and what is meant by them; 0 if the first is one."""
    word, after = words[0], words[1] if len(words) > 1 else "="
    if word.startswith(("~", "-", "=")) or ("=" in word[1:] and not word.endswith("=")):
        return 0, ""
    if word.endswith("=") and word != "=":
        return (2, _meant(word[:-1], after)) if "=" not in after else (0, "")
    if after.startswith("=") and len(words) > 1 and word:  # lr =1e-4, lr = 1e-4
        value = after[1:] or (words[2] if len(words) > 2 else "")
        return (2 if after[1:] or len(words) < 3 else 3), _meant(word, value)
    key, colon, value = word.partition(":")
    if colon and (value or "=" not in after):  # of YAML
        return (1, _meant(key, value)) if value else (2, _meant(key, after))
    if "=" not in after and not after.startswith(("~", "-")) and (meant := _meant(word, after)):
        return 2, meant
    return 1, _alone(word)


def _meant(key: str, value: str) -> str:
    """What is meant by a key and a value that stand side by side; empty if the first is no key."""
    known = groups(conf_folders(None))
    if not key or not value:
        return ""
    if key in known:
        available = choices(key, conf_folders(None))
        words = f"{key}={value}" if value in available else ""
        return f"; did you mean {words}?" if words else for_choice(key, value, available)
    if key in _ROOT or key.partition(".")[0] in (*known, "sweep"):
        return f"; did you mean {key}={value}?"
    words = suggestions.for_name(suggestions.name_of(key), read(value))
    return suggestions.as_question(words)


def _alone(word: str) -> str:
    """What is meant by a single word: a choice, a group, a file, a switch."""
    folders = conf_folders(None)
    known = groups(folders)
    if word in known:
        return f"; did you mean {word}=NAME? tunesmith list {word} shows the names"
    if word in _ROOT or (word.partition(".")[0] in known and not _chosen(*word.split(".", 1))):
        return f"; did you mean {word}=...?"
    if word.partition(".")[0] in known:
        return f"; did you mean {_chosen(*word.split('.', 1))}?"
    if Path(word).suffix.lower() in (".yaml", ".yml"):
        return f"; did you mean {synonyms.OPTIONS['--config-name']}?"
    if found := [words for group in sorted(known, key=_likely) if (words := _chosen(group, word))]:
        return f"; did you mean {' or '.join(found[:3])}?"
    return suggestions.as_question(suggestions.for_name(suggestions.name_of(word), True))


def _likely(group: str) -> int:
    return _FIRST.index(group) if group in _FIRST else len(_FIRST)


def _chosen(group: str, name: str) -> str:
    """`dataset=csv` for a choice of a group, or a word that stands for one; empty for any other."""
    return choice_words(group, name, choices(group, conf_folders(None)))
