"""A target's signature is its schema, read from the source text, so that checking a config imports no library.

A `_target_` names a class or function in the file that defines it, such as
`tunesmith.heads.classification.Classification`. Its keyword-only parameters are its settings: the YAML must contain
exactly these, and their annotations (`tunesmith.configuration.ranges`) restrict the values. Positional parameters are
passed by code and never configured. Literal class constants (`task = "text_classification"`) are read here too, for
checks across groups. What a class does not define itself is taken from its base classes, where they are of tunesmith or of the same package.

A target is a name, never a path, and a config may come from anyone: the file is looked for inside the packages of its
group only, and reading it runs nothing.
"""

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration import annotations, docstrings, plugins
from tunesmith.configuration.source_files import definitions, lineage, modules, source_file
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
    "metric": "metrics",
}
_NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)  # what begins with an underscore is private


@dataclass(frozen=True)
class Signature:
    """A target's signature: `settings` maps each setting to its annotation, `meanings` to what the docstrings say of it.

    `by_position` names the parameters that code passes, which are no settings.
    """

    settings: Mapping[str, Any]
    constants: Mapping[str, Any]
    meanings: Mapping[str, str]
    by_position: tuple[str, ...] = ()


def allowed_packages(group: str) -> list[str]:
    """Packages whose targets are allowed in a group."""
    return [f"tunesmith.{PACKAGES[group]}", *(plugin.name for plugin in plugins.trusted())]


def signature(target: str, *, group: str) -> Signature:
    """Read a target's signature from its source file.

    Raises:
        UserError: if the target is outside the allowed packages, or no file defines it.
    """
    own = f"tunesmith.{PACKAGES[group]}"
    packages = [own] if target.startswith(own + ".") else allowed_packages(group)
    if _NAME.fullmatch(target) is None:
        raise UserError(
            f"{target!r:.80} may not be a _target_ of {group}: expected the dotted name of a class or function under "
            f"{' or '.join(packages)}"
        )
    if not any(target.startswith(package + ".") for package in packages):
        raise UserError(
            f"{target} may not be a _target_ of {group}: expected a name under {' or '.join(packages)}; "
            f"{plugins.trusting(target)}"
        )
    return read_signature(target)


@functools.cache
def read_signature(target: str) -> Signature:
    """The signature of a target in any package; for targets named by code."""
    module, _, name = target.rpartition(".")
    source = source_file(module)
    if source is None:
        raise UserError(f"{target} does not exist: there is no module {module}{_elsewhere(module, name)}")
    known = definitions(source)
    if name not in known:
        raise UserError(f"{module} does not define {name}{did_you_mean(name, known)}")
    node = known[name]
    try:
        if isinstance(node, ast.FunctionDef):
            return Signature(_settings(node), {}, _meanings(node), _by_position(node))
        classes = list(lineage(module, node))
        constructors = [
            (base, part)
            for base in classes
            for part in base.body
            if isinstance(part, ast.FunctionDef) and part.name == "__init__"
        ]
        owner, constructor = constructors[0] if constructors else (node, None)
        settings = _settings(constructor) if constructor is not None else {}
        constants = {name: value for base in reversed(classes) for name, value in _constants(base).items()}
        parts = [constructor] if constructor is not None else []
        by_position = tuple(name for part in parts for name in _by_position(part))
        return Signature(settings, constants, _meanings(owner, *parts), by_position)
    except annotations.UnreadableError as error:
        raise UserError(
            f"{source}: {name} has a setting with the type {error}; expected one of tunesmith.configuration.ranges, a plain "
            "type such as str or list[int], Literal[...], or several joined by |"
        ) from error


def _elsewhere(module: str, name: str) -> str:
    """`; did you mean my_plugin.heads.mine.Mine?`: where a package defines what another of its modules was asked for."""
    if module.partition(".")[0] == "tunesmith":
        return ""
    for other in modules(module):
        file = source_file(other)
        if file is not None and name in definitions(file):
            return f"; did you mean {other}.{name}?"
    return did_you_mean(module, modules(module))


def _settings(function: ast.FunctionDef) -> dict[str, Any]:
    return {
        argument.arg: annotations.read(argument.annotation) if argument.annotation else Any
        for argument in function.args.kwonlyargs
    }


def _by_position(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in (*function.args.posonlyargs, *function.args.args))


def _meanings(*nodes: ast.ClassDef | ast.FunctionDef) -> dict[str, str]:
    return {name: text for node in nodes for name, text in docstrings.arguments(ast.get_docstring(node)).items()}


def _constants(node: ast.ClassDef) -> dict[str, Any]:
    constants = {}
    for part in node.body:
        named = (
            part.targets[0]
            if isinstance(part, ast.Assign)
            else part.target
            if isinstance(part, ast.AnnAssign)
            else None
        )
        if isinstance(named, ast.Name) and isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
            try:
                constants[named.id] = ast.literal_eval(part.value)
            except ValueError:  # computed values cannot be read
                continue
    return constants


def constants(node: Mapping[str, Any], *, group: str) -> Mapping[str, Any]:
    """The literal class constants of a node's target."""
    return signature(node["_target_"], group=group).constants
