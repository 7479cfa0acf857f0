"""What `tunesmith list` prints: groups, their choices, and settings with meaning, type and default.

Choices are described by the first comment of their YAML files; settings by `tunesmith.configuration.reference`.
"""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.configuration.choices import LAUNCHERS, choices, groups
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.errors.narrow import columns, fitted

if TYPE_CHECKING:
    from tunesmith.configuration.reference import Setting

_WIDTH = 110  # characters of a line of a setting's meaning
METRICS = "metrics"  # no group, but what one looks for to set dataset.metrics
_INCLUDED = 8  # choices that are named beside a setting


def describe(file: Path) -> str:
    """The first comment of a YAML file."""
    with file.open(encoding="utf-8") as stream:
        lines = [line.removeprefix("#").strip() for line in stream if line.startswith("#") and "@package" not in line]
    return lines[0] if lines else ""


def listing(wanted: Sequence[str], folders: Sequence[Path]) -> str:
    """The choices of all groups; or what the wanted words name.

    Args:
        wanted: groups, each with choices of it behind it (`optimizer adamw`, or `optimizer=adamw`), keys (`optimizer.lr`),
            and `metrics`.
        folders: the project's, and the user's own.

    Raises:
        UserError: for a word that names none of them.
    """
    known = groups(folders)
    if not wanted:
        return "\n\n".join(_choices(group, folders) for group in known)
    blocks: list[str] = []
    group = ""
    for number, word in enumerate(wanted):
        named, equals, choice = word.partition("=")
        if word in known:
            group = word
            if wanted[number + 1 : number + 2] and wanted[number + 1] in choices(group, folders):
                continue  # the choice is shown
            blocks.append(_group(group, folders))
        elif word == METRICS:
            blocks.append(_metrics())
        elif equals and named in known:
            blocks += [_choice(named, part, folders) for part in choice.strip("[]").split(",")]
        elif group and word in choices(group, folders):
            blocks.append(_choice(group, word, folders))
        else:
            blocks.append(_key(word, group, folders))
    return "\n\n".join(blocks)


def _metrics() -> str:
    """The scores of each task."""
    from tunesmith.configuration import reference

    lines = ["What dataset.metrics may name; monitor is validation/ and one of the names there, or validation/loss."]
    for task, names in reference.scores_by_task().items():
        lines += [
            "",
            f"  {task}",
            *textwrap.wrap(
                ", ".join(names), min(_WIDTH, columns() or _WIDTH), initial_indent="      ", subsequent_indent="      "
            ),
        ]
    return "\n".join(lines)


def _choices(group: str, folders: Sequence[Path]) -> str:
    found = choices(group, folders)
    width = max(map(len, found), default=0)
    lines = (f"  {name:<{width}}  {describe(file)}".rstrip() for name, file in found.items())
    return fitted("\n".join([group, *lines]))


def _group(group: str, folders: Sequence[Path]) -> str:
    """The choices of a group, and the keys of its default."""
    from tunesmith.configuration import reference

    blocks = [_choices(group, folders)]
    for name in reference.default_choices().get(group, []):
        shown = setting_lines(reference.settings(group, name, folders))
        blocks.append(f"The keys of {group}={_as_typed(group, name)}, the default:\n{shown}")
    if group != "experiment":
        blocks.append(f"The keys of another choice: tunesmith list {group} NAME")
    return "\n\n".join(blocks)


def _as_typed(group: str, name: str) -> str:
    from tunesmith.configuration.targets import SEVERAL

    return f"[{name}]" if group in SEVERAL else name


def _choice(group: str, name: str, folders: Sequence[Path]) -> str:
    """What a choice is, and its keys; of an experiment, its file."""
    found = choices(group, folders)
    if name not in found:
        raise UserError(
            f"{group}={name} does not exist{did_you_mean(name, found)} (choices: {', '.join(found) or 'none yet'})"
        )
    heading = fitted(f"{group}={_as_typed(group, name)}  {describe(found[name])}".rstrip())
    if group == "experiment":
        return f"{heading}\n\n{found[name].read_text(encoding='utf-8')}".rstrip()
    from tunesmith.configuration import reference

    shown = setting_lines(reference.settings(group, name, folders))
    return f"{heading}\n{shown}" if shown else f"{heading}\n  It has no keys."


def _key(word: str, group: str, folders: Sequence[Path]) -> str:
    """A key of the config wherever it occurs: `seed`, `optimizer.lr`, `regularization.rdrop.alpha`, or all below `regularization.rdrop`."""
    from tunesmith.configuration import reference

    of_run = {setting.key: setting for setting in reference.run_settings()}
    if word in of_run:
        return setting_lines([of_run[word]])
    known = groups(folders)
    named = LAUNCHERS if word.startswith("hydra.launcher") else word.partition(".")[0]
    if named not in known or "." not in word:
        names = [*(choices(group, folders) if group else ()), *known, *of_run]
        raise UserError(
            f"there is no group, choice or key {word}{did_you_mean(word, names) or _ends_like(word, folders)} "
            f"(groups: {', '.join(known)}; for keys: tunesmith list optimizer adamw, tunesmith list optimizer.lr)"
        )
    everywhere = reference.by_choice(named, folders)
    found: dict[tuple[Setting, ...], list[str]] = {}
    for name, settings in everywhere.items():
        if matching := tuple(s for s in settings if s.key == word or s.key.startswith(f"{word}.")):
            found.setdefault(matching, []).append(name)
    if not found:
        keys = {setting.key for settings in everywhere.values() for setting in settings}
        tail = word.partition(".")[2]
        if tail in everywhere:
            raise UserError(f"there is no key {word}; did you mean the choice? tunesmith list {named} {tail}")
        raise UserError(f"there is no key {word}{did_you_mean(word, sorted(keys))} (tunesmith list {named})")
    if len(found) == 1 and len(everywhere) == len(next(iter(found.values()))):
        return setting_lines(next(iter(found)))
    return "\n\n".join(f"{setting_lines(shown)}\n      with {_with(named, names)}" for shown, names in found.items())


def _ends_like(word: str, folders: Sequence[Path]) -> str:
    """`; did you mean optimizer.lr?` for lr."""
    from tunesmith.configuration import reference

    names = [(group, name) for group, chosen in reference.default_choices().items() for name in chosen]
    keys = {s.key.rpartition(".")[2]: s.key for group, name in names for s in reference.settings(group, name, folders)}
    return f"; did you mean {keys[word]}?" if word in keys else ""


def _with(group: str, names: list[str]) -> str:
    more = f" and {len(names) - _INCLUDED} more" if len(names) > _INCLUDED else ""
    return f"{group}={', '.join(names[:_INCLUDED])}{more}"


def setting_lines(settings: Iterable["Setting"]) -> str:
    """Two lines for each setting, `key=default  type` and its meaning."""
    shown = list(settings)
    typed = [f"{setting.key}={setting.default}" for setting in shown]
    longest = min(_WIDTH, columns() or _WIDTH)
    width = min(max(map(len, typed), default=0), longest // 2)
    lines = []
    for word, setting in zip(typed, shown, strict=True):
        required = "required: " * (setting.default == "???")
        lines.append(fitted(f"  {word:<{width}}  {required}{setting.type}"))
        if setting.meaning:
            lines += textwrap.wrap(
                setting.meaning, longest, initial_indent=6 * " ", subsequent_indent=6 * " ", break_long_words=False
            )
    return "\n".join(lines)
