"""The user's own source files that a config depends on, by content.

They are the modules of its targets and of its own metrics, and what these import of their own package, found in the text without
importing anything. Other modules of the package, such as those of other experiments, do not count. A module that imports by computed names
(`importlib`) may need any of them, so then all count.
"""

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from tunesmith.configuration import Config, own_metrics
from tunesmith.configuration.source_files import absolute, source_file
from tunesmith.configuration.stages import stages

_COMPUTED = ("importlib", "__import__", "pkgutil", "runpy")


def plugins(config: Config) -> dict[str, str]:
    """Digest of each source file of the user's that a config, or one of its stages, depends on: `package/module.py`."""
    return files_of({target for part in (*stages(config), config) for target in _targets(part)})


def files_of(targets: Iterable[str]) -> dict[str, str]:
    """Likewise, for some targets."""
    modules = {target.rpartition(".")[0] for target in targets if not target.startswith("tunesmith.")}
    waiting, found = sorted(modules), dict[str, str]()
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        waiting += _parents(module)
        file = source_file(module)
        if file is None:  # a class, a package without __init__.py, or a library of another name
            continue
        status = file.stat()
        digest, imported = _read(module, file, status.st_mtime_ns, status.st_size)
        found["/".join(module.split(".")) + ("/__init__.py" if file.name == "__init__.py" else ".py")] = digest
        waiting += imported
    return dict(sorted(found.items()))


def _targets(config: Config) -> Iterator[str]:
    for node in config.values():
        if not isinstance(node, dict):
            continue
        for settings in (node, *(inner for inner in node.values() if isinstance(inner, dict))):
            if isinstance(settings.get("_target_"), str):
                yield settings["_target_"]
    for part in ("source", "task"):
        if "." in str(config["dataset"].get(part)):
            yield config["dataset"][part]
    for metric in config["dataset"].get("metrics") or ():
        if own_metrics.is_own(metric) and metric.rpartition(".")[0] not in own_metrics.LIBRARY:
            yield metric


def _parents(module: str) -> list[str]:
    """The packages that a module is in, whose `__init__.py` is imported before it."""
    names = module.split(".")
    return [".".join(names[:end]) for end in range(1, len(names))]


@functools.lru_cache(maxsize=1024)  # many jobs of a sweep name the same modules
def _read(module: str, file: Path, modified: int, size: int) -> tuple[str, tuple[str, ...]]:
    """A module's digest, and the names that it imports of its own top-level package, among them some that are no modules."""
    content = file.read_bytes()
    top = module.partition(".")[0]
    try:
        names = set(_imports(ast.parse(content), module if file.name == "__init__.py" else module.rpartition(".")[0]))
    except (SyntaxError, ValueError):  # the import reports it
        names = set()
    if any(name.partition(".")[0] in _COMPUTED for name in names):
        names |= set(_modules_below(top))
    own = sorted(name for name in names if name == top or name.startswith(f"{top}."))
    return hashlib.blake2b(content, digest_size=16).hexdigest(), tuple(own)


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Names in import statements, absolute; of `from a import b`, both `a` and `a.b`, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and node.id == "__import__":
            yield node.id
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            yield base
            for alias in node.names:
                yield from _modules_below(base) if alias.name == "*" else [f"{base}.{alias.name}"]


def _modules_below(package: str) -> Iterator[str]:
    """All modules in a package's folders, at any depth."""
    top, *rest = package.split(".")
    spec = importlib.util.find_spec(top)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location, *rest)
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")])
