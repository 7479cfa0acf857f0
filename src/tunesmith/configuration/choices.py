"""Configuration groups and their choices: the YAML files of conf/ and of the user's own folder."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.storage.bounded_files import YAML_BYTES, check_file

LAUNCHERS = "hydra/launcher"  # Hydra's own group; its settings are hydra.launcher.*
LOCAL = "local"  # our own launcher, the default
# Launchers from other packages: their module, and the command that installs it.
LAUNCHER_PLUGINS = {
    "submitit_slurm": ("hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
    "submitit_local": ("hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
    "ray": ("hydra_plugins.hydra_ray_launcher", "pip install 'tunesmith[ray]'"),
    "joblib": ("hydra_plugins.hydra_joblib_launcher", "pip install --pre hydra-joblib-launcher"),
}


def conf_folder() -> Path:
    """The folder of configuration groups: inside an installed package, or at the root of a checkout."""
    installed = Path(__file__).parents[1] / "conf"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "conf"


def conf_folders(config_dir: str | None) -> list[Path]:
    """The project's folder of groups, the user's own if any, and the `conf/` of each trusted package that has one.

    Raises:
        UserError: if `config_dir` is not a folder, or if one of these has another file of a name that one before it has,
            whose file Hydra would read.
    """
    from tunesmith.configuration import plugins

    given = [] if config_dir is None else [(f"--config-dir {config_dir}", Path(config_dir).resolve())]
    given += [(str(plugin.conf), plugin.conf.resolve()) for plugin in plugins.trusted() if plugin.conf is not None]
    found = {conf_folder(): "tunesmith"}
    for named, folder in given:
        if not folder.is_dir():
            raise UserError(f"{named} is not a folder; expected one with configuration groups, such as dataset/")
        for before, owner in found.items():
            if hidden := list(_hidden(folder, before)):
                raise UserError(
                    f"{named}: {owner} has another {' and another '.join(hidden)}, which is read instead of yours; "
                    f"rename yours, for example {Path(hidden[0]).with_name('my_' + Path(hidden[0]).name)}"
                )
        for file in folder.rglob("*.yaml"):  # Hydra reads some that no choice names
            with contextlib.suppress(FileNotFoundError):  # a link that leads nowhere
                check_file(file, limit=YAML_BYTES)
        found.setdefault(folder, named)
    return list(found)


def _hidden(folder: Path, before: Path) -> Iterator[str]:
    """Files of a folder that Hydra would not read, because the folder before it has another one of the same name."""
    for file in sorted(before.rglob("*.yaml")):
        name = file.relative_to(before)
        if (folder / name).is_file() and (folder / name).read_bytes() != file.read_bytes():
            yield name.as_posix()


def groups(folders: Sequence[Path]) -> list[str]:
    """Names of the configuration groups, sorted."""
    names = {child.name for folder in folders if folder.is_dir() for child in folder.iterdir() if child.is_dir()}
    return sorted(LAUNCHERS if name == "hydra" else name for name in names)


def choices(group: str, folders: Sequence[Path]) -> dict[str, Path]:
    """The choices of a group and their files. Files that start with an underscore are shared parts, not choices."""
    return {
        file.relative_to(folder / group).with_suffix("").as_posix(): file
        for folder in folders
        for file in sorted((folder / group).rglob("*.yaml"))
        if not file.name.startswith("_")
    }
