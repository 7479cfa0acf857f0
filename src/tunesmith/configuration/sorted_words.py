"""The words of a command line, sorted into what Hydra composes and what is set afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunesmith.configuration.choice_suggestions import for_choice
from tunesmith.configuration.choices import choices, groups
from tunesmith.configuration.group_files import of_hydra
from tunesmith.configuration.override_quoting import quoted_form
from tunesmith.configuration.overrides import parsed
from tunesmith.configuration.suggestions import LISTS, for_hydra
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError


@dataclass
class SortedWords:
    """The overrides of one run.

    Attributes:
        first: choices and deletions, for Hydra.
        values: parsed `key=value`, to be set in what Hydra composes.
        chosen: the choice in each group that has one.
    """

    first: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)

    def choose(self, group: str, value: Any, text: str) -> None:
        """Make a choice in a group; the last one counts.

        Args:
            group: such as `optimizer`.
            value: the name, or a list of names.
            text: as typed.
        """
        self.first = [word for word in self.first if word.partition("=")[0] != group]
        self.chosen.pop(group, None)
        if group != "experiment" or value not in (None, "", []):
            self.first.append(f"{group}=[]" if group in SEVERAL and value in (None, []) else text.lstrip("+"))
            self.chosen[group] = str(value)


def sorted_words(overrides: Sequence[str], folders: Sequence[Path]) -> SortedWords:
    """Sort `group=choice` and `key=value`.

    Args:
        overrides: as on the command line.
        folders: that hold the groups.

    Raises:
        UserError: for words that cannot be parsed, several values, or choices that do not exist, all in one error.
    """
    known, found = groups(folders), SortedWords()
    given, mistakes = parsed(overrides, expected="group=choice or key=value")
    for override in given:
        text = override.input_line
        if of_hydra(override.key_or_group) or of_hydra(override.package or ""):
            mistakes.append(
                f"{text}: of Hydra's own settings, only hydra/launcher=... and hydra.launcher.* are supported, on the command line{for_hydra(text)}"
            )
        elif override.is_sweep_override():
            mistakes.append(_several_values(text))
        elif override.key_or_group in known and not isinstance(override.value(), dict):
            group, value = override.key_or_group, override.value()
            if value in (None, "") and group in ("dataset", *SINGLE, "sweep"):
                mistakes.append(f"{text} chooses nothing; expected one of {', '.join(choices(group, folders))}")
                continue
            found.choose(group, value, text)
            mistakes += _wrong_choices(group, value, folders)
        elif override.is_delete() or override.package is not None:
            found.first.append(text)
        else:
            found.values.append(override)
    if mistakes:
        raise UserError(mistakes)
    return found


def _several_values(text: str) -> str:
    key, _, several = text.partition("=")
    alternative = "a list, [1,2]" if key.startswith("sweep.") else "-m for a sweep"
    hint = f"; all of them in one run: {key}=[{several}]" if key in (*SEVERAL, *LISTS) else quoted_form(text)
    return f"{text!r} names several values; expected one value for one run, or {alternative}{hint}"


def _wrong_choices(group: str, value: Any, folders: Sequence[Path]) -> Iterable[str]:
    available = choices(group, folders)
    for choice in value if isinstance(value, list) else [value]:
        if choice is None and isinstance(value, list):
            yield f"{group}={value} contains null; leave it out of the list"
        elif choice is not None and str(choice) not in available:
            names = ", ".join(available) or "none yet"
            other = [file for folder in folders for file in (folder / group).glob(f"{choice}.yml")]
            hint = f"; {other[0]} has to end in .yaml" if other else for_choice(group, str(choice), available)
            yield f"{group}={choice} does not exist{hint} (choices: {names})"
