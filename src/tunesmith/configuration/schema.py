"""A target's signature is its schema, read from the source text, so that checking a config imports no library.

A `_target_` names a class or function in the file that defines it, such as
`tunesmith.heads.classification.Classification`. Its keyword-only parameters are its settings: the YAML must contain
exactly these, and their annotations (`tunesmith.configuration.ranges`) restrict the values. Positional parameters are
passed by code and never configured. Literal class constants (`task = "text_classification"`) are read here too, for
checks across groups.
"""

import ast
import functools
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tunesmith.configuration import ranges
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

# The packages of each group's targets. A configuration cannot name anything outside of them.
PACKAGES = {
    "backbone": "backbones",
    "head": "heads",
    "optimizer": "optim",
    "scheduler": "optim",
    "regularization": "regularizers",
    "trainer": "training",
    "callbacks": "callbacks",
    "logger": "loggers",
    "source": "data.sources",
    "task": "tasks",
}
PLUGINS_VARIABLE = "TUNESMITH_PLUGINS"  # trusted packages of the user, separated by commas
_TYPES = {name: value for name, value in vars(ranges).items() if not name.startswith("_")} | {"Literal": Literal}


@dataclass(frozen=True)
class Signature:
    """A target's signature: `settings` maps each setting to its annotation."""

    settings: Mapping[str, Any]
    constants: Mapping[str, Any]


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
    if isinstance(node, ast.FunctionDef):
        return Signature(_settings(node), {})
    constructors = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    return Signature(_settings(constructors[0]) if constructors else {}, _constants(node))


def source_file(module: str) -> Path | None:
    """The source file of a module, found without importing it; None if there is none."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)  # finds a top-level package without importing it
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for candidate in (Path(folder, *rest).with_suffix(".py"), Path(folder, *rest, "__init__.py")):
            if rest and candidate.is_file():
                return candidate
    return Path(spec.origin) if spec and spec.origin and not rest else None


def _tree(source: Path) -> ast.Module:
    try:
        return ast.parse(source.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UserError(f"{source}{line}: this is not valid Python: {getattr(error, 'msg', error)}") from error


def _settings(function: ast.FunctionDef) -> dict[str, Any]:
    return {argument.arg: _type(argument) for argument in function.args.kwonlyargs}


def _type(argument: ast.arg) -> Any:
    if argument.annotation is None:
        return Any
    text = ast.unparse(argument.annotation)
    try:
        return eval(text, dict(_TYPES))
    except Exception as error:  # whatever the expression raises
        raise UserError(
            f"the annotation of the setting {argument.arg} is {text}, which cannot be read: {error}; expected Python's own types, "
            f"Literal, or {', '.join(sorted(name for name in _TYPES if name[0].isupper() and name != 'Literal'))}"
        ) from error


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
