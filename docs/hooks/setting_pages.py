"""The reference of settings: a page for each group with its choices and their keys, from `tunesmith.configuration.reference`.

Keys that have the same default in every choice of a kind (the datasets of a task) are listed once, above the choices.
"""

import html
import re
from collections import Counter
from pathlib import Path

from markdown_tables import escaped, table

from tunesmith.configuration.choices import choices, conf_folder, groups
from tunesmith.configuration.group_settings import written
from tunesmith.configuration.listing import describe
from tunesmith.configuration.reference import Setting, by_choice, default_choices, run_settings
from tunesmith.configuration.targets import SEVERAL

_FOLDERS = [conf_folder()]
_COLUMNS = ("key", "default", "type", "meaning")
_WHERE = {
    "sweep": "Read with `-m` only. [Sweeps](../how-to/sweeps.md) explains spaces, searches and pruning.",
    "hydra/launcher": "Where the jobs of a sweep run; [Slurm and Ray](../how-to/sweeps.md#where-jobs-run) have launchers of "
    "their own, from other packages.",
    "regularization": "Several at once: `regularization=[standard,rdrop,llrd]`. [Regularizers](../how-to/regularizers.md) "
    "orders them by what they change.",
    "dataset": "Files of your own: `csv`, `jsonl`, `conll`, `squad_json`, `text` and others, see [Your own data]"
    "(../how-to/own_data.md).",
    "experiment": "Overrides of the other groups, with their claim. `experiments/` has a README for each paper or demo.",
}


def navigation() -> list[dict[str, str]]:
    """The groups' pages, in the order of the list."""
    return [{group: f"reference/{_file(group)}"} for group in groups(_FOLDERS)]


def pages() -> dict[str, str]:
    """Markdown by place: an index with the settings of a run, and a page for each group."""
    found = {"reference/index.md": _index()}
    for group in groups(_FOLDERS):
        found[f"reference/{_file(group)}"] = _experiments(group) if group == "experiment" else _group(group)
    return found


def _file(group: str) -> str:
    return f"{group.replace('/', '_')}.md"


def _index() -> str:
    defaults = default_choices()
    rows = [
        (f"[{group}]({_file(group)})", ", ".join(f"`{name}`" for name in defaults.get(group, [])), str(len(found)))
        for group in groups(_FOLDERS)
        if (found := choices(group, _FOLDERS))
    ]
    return "\n\n".join(
        [
            "# Reference",
            "A config is one choice of each group, and keys. `tunesmith list` prints what these pages say: `tunesmith list`"
            " the choices, `tunesmith list optimizer adamw` the keys of a choice, `tunesmith list optimizer.lr` one key wherever"
            " it occurs. `tunesmith train --cfg job` prints the whole config of a run.",
            "## Groups",
            table(("group", "default", "choices"), rows),
            "## Keys of a run",
            "Those in no group, and `backbone.after`:",
            _settings(run_settings()),
        ]
    )


def _group(group: str) -> str:
    found = choices(group, _FOLDERS)
    settings = by_choice(group, _FOLDERS)
    blocks = [f"# {group}", *filter(None, [_WHERE.get(group)])]
    blocks.append(
        table(("choice", ""), [(f"[{name}](#{name})", escaped(describe(file))) for name, file in found.items()])
    )
    for kind, names in _kinds(group, list(settings)).items():
        shared = _shared([settings[name] for name in names])
        if shared:
            blocks += [f"## Keys of all {kind or 'choices'}".replace("_", " "), _settings(shared)]
        for name in names:
            own = [setting for setting in settings[name] if setting not in shared]
            typed = f"{group}=[{name}]" if group in SEVERAL else f"{group}={name}"
            blocks += [f"## {name} {{#{name}}}", f"`{typed}` {escaped(describe(found[name]))}"]
            blocks.append(_settings(own) if own else "No further keys." if shared else "It has no keys.")
    return "\n\n".join(blocks)


def _kinds(group: str, names: list[str]) -> dict[str, list[str]]:
    """The choices by the task that they are for; of a group without tasks, all."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        task = written(group, name, _FOLDERS).get(f"{group}.task")
        kinds.setdefault(f"datasets of {task.default}" if task else "", []).append(name)
    return kinds


def _shared(lists: list[list[Setting]]) -> list[Setting]:
    """The settings that all choices have alike, in the order of the first."""
    counts = Counter(setting for settings in lists for setting in settings)
    return [setting for setting in lists[0] if counts[setting] == len(lists)] if len(lists) > 1 else []


def _settings(settings: list[Setting]) -> str:
    rows = [
        (
            _key(setting.key),
            "required" if setting.default == "???" else f"`{setting.default}`",
            escaped(setting.type),
            escaped(setting.meaning),
        )
        for setting in settings
    ]
    return table(_COLUMNS, rows)


def _key(key: str) -> str:
    """A key that a narrow column breaks after its dots and underscores only."""
    shown = re.sub(r"([._])", r"\1<wbr>", html.escape(key))
    return f"<code>{shown}</code>"


def _experiments(group: str) -> str:
    blocks = [f"# {group}", _WHERE[group]]
    for name, file in choices(group, _FOLDERS).items():
        blocks += [f"## {name}", f"```yaml\n{_text(file)}\n```"]
    return "\n\n".join(blocks)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
