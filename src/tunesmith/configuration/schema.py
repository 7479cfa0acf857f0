"""A target's signature is its schema, read from the source text, so that checking a config imports no library.

A `_target_` names a class or function in the file that defines it, such as
`tunesmith.heads.classification.Classification`. Its keyword-only parameters are its settings: the YAML must contain
exactly these, and their annotations (`tunesmith.configuration.ranges`) restrict the values. Positional parameters are
passed by code and never configured. Literal class constants (`task = "text_classification"`) are read here too, for
checks across groups.

A target is a name, never a path, and a config may come from anyone: the file is looked for inside the packages of its
group only, and reading it runs nothing.
"""

import ast
import functools
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.configuration import annotations, docstrings
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

# The packages of each group's targets. A configuration cannot name anything outside of them.
PACKAGES = {
    "backbone": "backbones",
    "head": "heads",
    "optimizer": "optim",
    "scheduler": "optim",
    "regularization": "regularizers",
    "trainer": "training.trainer",
    "callbacks": "callbacks",
    "logger": "loggers",
    "source": "data.sources",
    "task": "tasks",
}
PLUGINS_VARIABLE = "TUNESMITH_PLUGINS"  # trusted packages of the user, separated by commas
_NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)  # what begins with an underscore is private


@dataclass(frozen=True)
class Signature:
    """A target's signature: `settings` maps each setting to its annotation, `meanings` to what the docstrings say of it."""

    settings: Mapping[str, Any]
    constants: Mapping[str, Any]
    meanings: Mapping[str, str]


def allowed_packages(group: str) -> list[str]:
    """Packages whose targets are allowed in a group."""
    plugins = [name.strip() for name in os.environ.get(PLUGINS_VARIABLE, "").split(",") if name.strip()]
    return [f"tunesmith.{PACKAGES[group]}", *plugins]


def signature(target: str, *, group: str) -> Signature:
    """Read a target's signature from its source file.

    Raises:
        UserError: if the target is outside the allowed packages, or no file defines it.
    """
    packages = allowed_packages(group)
    if _NAME.fullmatch(target) is None:
        raise UserError(
            f"{target!r:.80} may not be a _target_ of {group}: expected the dotted name of a class or function under "
            f"{' or '.join(packages)}"
        )
    if not any(target.startswith(package + ".") for package in packages):
        raise UserError(
            f"{target} may not be a _target_ of {group}: expected a name under {' or '.join(packages)}; "
            f"list your own trusted packages in {PLUGINS_VARIABLE}"
        )
    return read_signature(target)


@functools.cache
def read_signature(target: str) -> Signature:
    """The signature of a target in any package; for targets named by code."""
    module, _, name = target.rpartition(".")
    source = source_file(module)
    if source is None:
        raise UserError(f"{target} does not exist: there is no module {module}")
    definitions = {
        node.name: node
        for node in _tree(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    if name not in definitions:
        raise UserError(f"{module} does not define {name}{did_you_mean(name, definitions)}")
    node = definitions[name]
    try:
        if isinstance(node, ast.FunctionDef):
            return Signature(_settings(node), {}, _meanings(node))
        constructors = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
        settings = _settings(constructors[0]) if constructors else {}
        return Signature(settings, _constants(node), _meanings(node, *constructors[:1]))
    except annotations.UnreadableError as error:
        raise UserError(
            f"{source}: {name} has a setting with the type {error}; expected one of tunesmith.configuration.ranges, a plain "
            "type such as str or list[int], Literal[...], or several joined by |"
        ) from error


def source_file(module: str) -> Path | None:
    """The file of a module, found without importing it; None if there is none inside the folders of its package."""
    top, *rest = module.split(".")
    spec = None if top == "tunesmith" else importlib.util.find_spec(top)  # finds a package without importing it
    for folder in _folders(top, spec):
        for candidate in (Path(folder, *rest).with_suffix(".py"), Path(folder, *rest, "__init__.py")):
            if rest and candidate.is_file() and _is_inside(candidate, folder):
                return candidate
    return Path(spec.origin) if spec and spec.has_location and spec.origin and not rest else None


def _folders(top: str, spec: Any) -> Iterator[Path]:
    own = tunesmith.__path__ if top == "tunesmith" else spec.submodule_search_locations if spec else None
    yield from map(Path, own or ())


def _is_inside(file: Path, folder: Path) -> bool:
    """Whether a file is in its package, and if it is a link, leads to the same place of a copy of the package."""
    found, place = file.resolve(), Path(folder.name, file.relative_to(folder))
    return found.is_relative_to(folder.resolve()) or found.parts[-len(place.parts) :] == place.parts


def _tree(source: Path) -> ast.Module:
    try:
        return ast.parse(source.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UserError(f"{source}{line}: this is not valid Python: {getattr(error, 'msg', error)}") from error


def _settings(function: ast.FunctionDef) -> dict[str, Any]:
    return {
        argument.arg: annotations.read(argument.annotation) if argument.annotation else Any
        for argument in function.args.kwonlyargs
    }


def _meanings(*nodes: ast.ClassDef | ast.FunctionDef) -> dict[str, str]:
    return {name: text for node in nodes for name, text in docstrings.arguments(ast.get_docstring(node)).items()}


def _constants(node: ast.ClassDef) -> dict[str, Any]:
    constants = {}
    for part in node.body:
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            try:
                constants[part.targets[0].id] = ast.literal_eval(part.value)
            except ValueError:  # computed values cannot be read
                continue
    return constants


def constants(node: Mapping[str, Any], *, group: str) -> Mapping[str, Any]:
    """The literal class constants of a node's target."""
    return signature(node["_target_"], group=group).constants
