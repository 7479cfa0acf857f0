"""Writes a skeleton under a name of the user's: in a checkout of tunesmith beside its neighbours, elsewhere into a plugin package."""

import importlib.util
import keyword
import os
import re
from dataclasses import dataclass
from pathlib import Path

from tunesmith.configuration import own_metrics
from tunesmith.configuration.choices import choices, conf_folders
from tunesmith.configuration.plugins import VARIABLE, trusted
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.skeletons.texts import class_name, of_plugin, sorted_imports, text_of

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """Where the files of a kind lie.

    Attributes:
        package: of its class, below tunesmith or a plugin; None without a class.
        group: of its YAML; None without one.
    """

    package: str | None
    group: str | None


KINDS = {
    "head": Kind("heads", "head"),
    "dataset": Kind("data/sources", "dataset"),
    "regularizer": Kind("regularizers", "regularization"),
    "metric": Kind("metrics", None),
    "experiment": Kind(None, "experiment"),
    "callback": Kind("callbacks", "callbacks"),
    "logger": Kind("loggers", "logger"),
}


@dataclass(frozen=True)
class Written:
    """What was written, and what to type next."""

    files: list[Path]
    commands: list[str]


def new(kind: str, name: str) -> Written:
    """Write the files of a kind under a name; none is overwritten.

    Raises:
        UserError: for a kind or a name that cannot be, a name that exists, or a folder that cannot be written.
    """
    if kind not in KINDS:
        raise UserError(
            f"there is no skeleton of a {kind!r:.40}{did_you_mean(kind, KINDS)} (kinds: {', '.join(KINDS)})"
        )
    if _NAME.fullmatch(name) is not None:
        _begin_package()
    _check_name(kind, name)
    place = _checkout(kind, name) or _plugin(kind, name)
    if existing := [str(file) for file, _ in place.files if file.exists()]:
        raise UserError(
            f"{' and '.join(existing)} exist{'s' * (len(existing) == 1)} already; choose another name than {name}"
        )
    try:
        for file in place.packages:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.write_text(f'"""{file.parent.name}"""\n', encoding="utf-8")
        for file, text in place.files:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be written: {error.strerror}") from error
    return Written([file for file, _ in place.files], place.commands)


def _begin_package() -> None:
    """Make the package that the environment names by its path, if there is nothing yet: it holds no skeletons so far."""
    path = Path(os.environ.get(VARIABLE, "").strip()).expanduser()
    is_new = "/" in os.environ.get(VARIABLE, "") and not path.exists() and path.parent.is_dir()
    if is_new and _NAME.fullmatch(path.name) is not None and importlib.util.find_spec(path.name) is None:
        path.mkdir()
        (path / "__init__.py").write_text(f'"""{path.name}"""\n', encoding="utf-8")


@dataclass(frozen=True)
class _Place:
    """Files to write with their texts, `__init__.py` files that are needed, and the commands to print."""

    files: list[tuple[Path, str]]
    packages: list[Path]
    commands: list[str]


def _check_name(kind: str, name: str) -> None:
    if _NAME.fullmatch(name) is None or name.endswith("_") or "__" in name:
        raise UserError(
            f"{name!r:.60} cannot be a name; expected lower-case letters, digits and single underscores, such as my_{kind}"
        )
    if keyword.iskeyword(name) or keyword.iskeyword(class_name(name)):
        raise UserError(f"{name} is a word of Python; choose another name, such as my_{name}")
    group = KINDS[kind].group
    if group is not None and name in (known := choices(group, conf_folders(None))):
        raise UserError(f"{group}={name} exists already: {known[name]}; choose another name, such as my_{name}")
    if kind == "metric" and own_metrics.short_name(f"x.{class_name(name)}") in own_metrics.tunesmith_scores():
        raise UserError(f"{name} is a score of tunesmith's own; choose another name, such as my_{name}")


def _checkout(kind: str, name: str) -> _Place | None:
    """The files in a checkout of tunesmith; None if the working folder is none."""
    project = Path("pyproject.toml")
    if not (project.is_file() and Path("src/tunesmith/cli.py").is_file() and Path("conf/train.yaml").is_file()):
        return None
    package = KINDS[kind].package or ""
    module = f"tunesmith.{package.replace('/', '.')}.{name}" if package else ""
    files = _files(kind, name, code=Path("src/tunesmith"), tests=Path("tests"), conf=Path("conf"), package=package)
    names = {"kind": kind, "name": name, "module": module}
    texts = [(file, sorted_imports(text_of(template, **names))) for file, template in files]
    test = [f"pytest {file}" for file, _ in texts if file.name.startswith("test_")]
    return _Place(texts, [], [*_commands(kind, name, module, [file for file, _ in texts]), *test])


def _plugin(kind: str, name: str) -> _Place:
    """The files in the plugin package that the environment names, or else in a new one."""
    named = [plugin for plugin in trusted() if plugin.path.is_dir() and "site-packages" not in plugin.path.parts]
    if len(named) > 1:
        raise UserError(
            f"{VARIABLE} names {' and '.join(plugin.name for plugin in named)}; set it to the one to write into"
        )
    if named:
        root, top = Path(os.path.relpath(named[0].path)), named[0].name
    else:
        root, top = Path(name), name
        if root.exists() and not (root / "__init__.py").is_file():
            raise UserError(
                f"{root}/ exists already, and is no plugin package; choose another name, or set {VARIABLE}=./{root}"
            )
        if not root.exists() and importlib.util.find_spec(name) is not None:
            raise UserError(
                f"Python has a package {name} already, which would be imported instead; choose another name, such as my_{name}"
            )
    package = (KINDS[kind].package or "").rpartition("/")[2]  # sources, of data/sources
    files = _files(kind, name, code=root, tests=root / "tests", conf=root / "conf", package=package)
    packages, module = [root / "__init__.py"], ""
    if package:
        module = f"{top}.{package}.{name}"
        tests = root / "tests"
        packages += [folder / "__init__.py" for folder in (root / package, tests, tests / package)]
    texts = [(file, of_plugin(text_of(template, kind=kind, name=name, module=module), top)) for file, template in files]
    place = str(root) if root.is_absolute() or str(root).startswith("..") else f"./{root}"
    setting = [] if named else [f"export {VARIABLE}={place}"]
    test = [f"pytest {file}" for file, _ in texts if file.name.startswith("test_")]
    return _Place(texts, packages, [*setting, *_commands(kind, name, module, [file for file, _ in texts]), *test])


def _files(kind: str, name: str, *, code: Path, tests: Path, conf: Path, package: str) -> list[tuple[Path, str]]:
    """The files of a kind and the templates that they are made from.

    Args:
        kind: of `KINDS`.
        name: of the class and its YAML.
        code: the folder that has the package of the class.
        tests: the folder of the tests, which mirrors it.
        conf: the folder of the groups.
        package: of the class, below `code`; empty without a class.
    """
    group, files = KINDS[kind].group, []
    if package:
        files.append((code / package / f"{name}.py", f"{kind}.py"))
        files.append((tests / package / f"test_{name}.py", f"test_{kind}.py"))
    if group is not None:
        files.append((conf / group / f"{name}.yaml", f"{kind}.yaml"))
    if kind == "dataset":
        files.append((tests / package / f"{name}.txt", "examples.txt"))
    return files


def _commands(kind: str, name: str, module: str, files: list[Path]) -> list[str]:
    """The words that check and train with what was written, on data that is there."""
    examples = next((file for file in files if file.suffix == ".txt"), None)
    words = {
        "head": f"head={name}",
        "dataset": f"dataset={name} dataset.train={examples}",
        "regularizer": f"regularization=[standard,{name}]",
        "metric": f"dataset.metrics=[accuracy,{module}.{class_name(name)}]",
        "experiment": f"experiment={name}",
        "callback": f"callbacks=[checkpoint,{name}]",
        "logger": f"logger=[csv,{name}]",
    }[kind]
    return [f"tunesmith check {words}", f"tunesmith train {words}"]
