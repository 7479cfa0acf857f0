"""The reference of `import tunesmith`, from its signatures and docstrings (Google's style, as in the whole project)."""

import inspect
import re
from typing import Any

from markdown_tables import escaped, table

import tunesmith
from tunesmith import api
from tunesmith.configuration.docstrings import arguments
from tunesmith.report.data_frame import data_frame

_WIDTH = 72  # characters of a signature on one line
_SECTION = re.compile(r"^(?:Args|Raises|Returns|Yields|Attributes):$", re.MULTILINE)
_RAISED = re.compile(r"^    ([\w.]+): (.*(?:\n     +.*)*)", re.MULTILINE)


def pages() -> dict[str, str]:
    """Markdown by place: one page with every name of `tunesmith.__all__`."""
    blocks = ["# Python", _opening(inspect.getdoc(api) or "")]
    for name in sorted(tunesmith.__all__, key=["train", "load", "Run", "sweep", "report", "UserError"].index):
        blocks += [f"## tunesmith.{name} {{#{name}}}", *_described(name)]
    return {"reference/python.md": "\n\n".join(blocks)}


def _described(name: str) -> list[str]:
    found: Any = getattr(tunesmith, name)
    if name == "report":  # a package that can be called; what it returns is described where it is made
        return [_code("tunesmith.report", type(found).__call__), *_docstring(data_frame)]
    if not inspect.isclass(found):
        return [_code(f"tunesmith.{name}", found), *_docstring(found)]
    # Without its arguments: `train` and `load` build a run.
    blocks = [_paragraphs(_SECTION.split(inspect.getdoc(found) or "")[0])]
    for key, member in vars(found).items():
        if key.startswith("_") or not (isinstance(member, property) or inspect.isfunction(member)):
            continue
        blocks.append(f"### {name}.{key} {{#{name}.{key}}}")
        function = member.fget if isinstance(member, property) else member
        blocks.append(_code(f"{name}.{key}", function, called=not isinstance(member, property)))
        blocks += _docstring(function)
    return blocks


def _code(name: str, function: Any, *, called: bool = True) -> str:
    signature = inspect.signature(function)
    parameters = [part for key, part in signature.parameters.items() if key != "self"]
    shown = _readable(signature.replace(parameters=parameters))
    if len(name + shown) > _WIDTH:
        lines = [f"    {_readable(parameter)}," for parameter in parameters]
        shown = "\n".join(["(", *lines, f"){shown.rpartition(')')[2]}"])
    return f"```python\n{name}{shown if called else shown.removeprefix('()')}\n```"


def _readable(part: object) -> str:
    """A signature, or a parameter, with the names that a reader imports."""
    return re.sub(r"'|pathlib\.(_local\.)?|typing\.", "", str(part)).replace("tunesmith.api.", "tunesmith.")


def _docstring(found: Any) -> list[str]:
    """Paragraphs, then a table of the arguments, then one of the errors."""
    text = inspect.getdoc(found) or ""
    opening, *_ = _SECTION.split(text)
    blocks = [_paragraphs(opening)]
    if described := arguments(text):
        blocks.append(
            table(("argument", "meaning"), [(f"`{key}`", escaped(value)) for key, value in described.items()])
        )
    _, _, raised = text.partition("\nRaises:\n")
    if errors := _RAISED.findall(raised):
        rows = [(f"`{name}`", escaped(" ".join(reason.split()))) for name, reason in errors]
        blocks.append(table(("raises", "when"), rows))
    return blocks


def _paragraphs(text: str) -> str:
    return "\n\n".join(escaped(" ".join(part.split())) for part in text.split("\n\n") if part.strip())


def _opening(text: str) -> str:
    """A module's docstring; what is indented is code."""
    parts = re.split(r"\n\n(?=\S)|\n\n(?= {4})", text)
    return "\n\n".join(
        f"```python\n{inspect.cleandoc(part)}\n```" if part.startswith("    ") else _paragraphs(part)
        for part in parts
        if part
    )
