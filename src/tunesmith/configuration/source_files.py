"""Classes and functions as their files define them, found and read without importing anything."""

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.errors import UserError

Definition = ast.ClassDef | ast.FunctionDef


def source_file(module: str) -> Path | None:
    """The file of a module, found without importing it; None if there is none inside the folders of its package."""
    top, *rest = module.split(".")
    spec = None if top == "tunesmith" else importlib.util.find_spec(top)  # finds a package without importing it
    for folder in _folders(top, spec):
        for candidate in (Path(folder, *rest).with_suffix(".py"), Path(folder, *rest, "__init__.py")):
            if rest and candidate.is_file() and _is_inside(candidate, folder):
                return candidate
    return Path(spec.origin) if spec and spec.has_location and spec.origin and not rest else None


def modules(name: str) -> list[str]:
    """The modules of the package that a dotted name begins with; none if there is no such package."""
    top = name.partition(".")[0]
    spec = None if top == "tunesmith" else importlib.util.find_spec(top)
    found = []
    for folder in _folders(top, spec):
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            found.append(".".join([top, *(part for part in parts if part != "__init__")]))
    return found


def definitions(source: Path) -> dict[str, Definition]:
    """The public classes and functions that a file defines, by name.

    Raises:
        UserError: if it is not valid Python.
    """
    return {
        node.name: node
        for node in tree(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }


def lineage(module: str, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """A class and its base classes in the order in which Python looks for an attribute of simple hierarchies.

    Base classes are found in the same file, or where it imports them from: in the same package, or in tunesmith. Those of
    other libraries are left out.
    """
    yield node
    for base in node.bases:
        found = _found(module, base.id if isinstance(base, ast.Name) else "")
        if found is not None and found[1] is not node:
            yield from lineage(*found)


def _found(module: str, name: str) -> tuple[str, ast.ClassDef] | None:
    """The module and the definition of a class that a module knows by a name."""
    file = source_file(module)
    if file is None or not name:
        return None
    for node in tree(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if isinstance(node, ast.ImportFrom):
            original = next((alias.name for alias in node.names if name in (alias.asname, alias.name)), None)
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            origin = absolute(node, package)
            if (
                original is not None
                and origin.partition(".")[0] in ("tunesmith", module.partition(".")[0])
                and origin != module
            ):
                return _found(origin, original)
    return None


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that `from ... import` names in a module of a package."""
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def tree(source: Path) -> ast.Module:
    """The syntax tree of a file.

    Raises:
        UserError: if it is not valid Python.
    """
    status = source.stat()
    return _parsed(source, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=256)
def _parsed(source: Path, modified: int, size: int) -> ast.Module:
    try:
        return ast.parse(source.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UserError(f"{source}{line}: this is not valid Python: {getattr(error, 'msg', error)}") from error


def _folders(top: str, spec: Any) -> Iterator[Path]:
    own = tunesmith.__path__ if top == "tunesmith" else spec.submodule_search_locations if spec else None
    yield from map(Path, own or ())


def _is_inside(file: Path, folder: Path) -> bool:
    """Whether a file is in its package, and if it is a link, leads to the same place of a copy of the package."""
    found, place = file.resolve(), Path(folder.name, file.relative_to(folder))
    return found.is_relative_to(folder.resolve()) or found.parts[-len(place.parts) :] == place.parts
