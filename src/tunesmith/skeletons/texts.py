"""The texts of the skeletons with a user's names, their imports sorted as where they go."""

import sys
from collections.abc import Mapping
from pathlib import Path

_TEMPLATES = Path(__file__).parent


def class_name(name: str) -> str:
    """`MyHead` of `my_head`, as `tunesmith.configuration.targets.part_target` finds it."""
    return "".join(word.title() for word in name.split("_"))


def text_of(template: str, *, kind: str, name: str, module: str) -> str:
    """A template's text with the user's names."""
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    if module.startswith("tunesmith.data.sources."):
        text = text.replace(f"source: tunesmith.skeletons.{kind}.Skeleton", f"source: {name}")
    replaced: Mapping[str, str] = {
        f"tunesmith.skeletons.{kind}": module,
        "Skeleton": class_name(name),
        "skeleton": name,
    }
    for old, given in replaced.items():
        text = text.replace(old, given)
    return text


def of_plugin(text: str, top: str) -> str:
    """The imports as sorted for a plugin, where tunesmith is a library like others, and the plugin's own modules come last."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        before = next((other for other in reversed(lines) if other.strip()), "")
        library = (
            before.startswith(("import ", "from "))
            and before.split()[1].partition(".")[0] not in sys.stdlib_module_names
        )
        if line.startswith("from tunesmith.") and library and not lines[-1].strip():
            lines.pop()
        if line.startswith(f"from {top}.") and lines[-1].strip():
            lines.append("\n")
        lines.append(line)
    return "".join(lines)


def sorted_imports(text: str) -> str:
    """The imports from tunesmith in the order of their modules, which the name of a new one changes."""
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith("from tunesmith.")]
    for number, line in zip(places, sorted(lines[number] for number in places), strict=True):
        lines[number] = line
    return "".join(lines)
