"""Compose and resolve a run's configuration from the groups in conf/.

Hydra only composes. Every key of the command line is added to the composed config, so that a single place
(`tunesmith.configuration.checks.check`) rejects unknown keys, whether from `key=`, `+key=`, `++key=` or a YAML file.
"""

import copy
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tunesmith.configuration import Config as Config
from tunesmith.configuration import launcher_node
from tunesmith.configuration.choices import LAUNCHERS, LOCAL, conf_folders
from tunesmith.configuration.composition_errors import not_composed, not_resolved
from tunesmith.configuration.group_files import GroupFiles
from tunesmith.configuration.hydra_plugins import ignore_broken_plugins
from tunesmith.configuration.identity import BOOKKEEPING, BOOKKEEPING_TRAINER
from tunesmith.configuration.interpolations import check_extent
from tunesmith.configuration.override_quoting import as_text
from tunesmith.configuration.places import check_place
from tunesmith.configuration.saved import literal
from tunesmith.configuration.secrets import refuse_secret_variables
from tunesmith.configuration.sorted_words import sorted_words
from tunesmith.configuration.stages import stages, starting_from
from tunesmith.configuration.suggestions import for_hydra
from tunesmith.configuration.targets import SEVERAL, SINGLE
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line


def compose(
    overrides: Sequence[str],
    *,
    config_dir: str | None = None,
    resolve: bool = True,
    composer: "Composer | None" = None,
) -> Config:
    """Compose the config of a run, as plain Python values.

    Args:
        overrides: `group=choice` and `key=value` as on the command line.
        config_dir: a folder of the user's own groups.
        resolve: replace interpolations by their values, and `name` by the name of the run folder.
        composer: one for that folder, which remembers what it composes.

    Raises:
        UserError: for overrides that cannot be parsed or choices that do not exist, all in one error.
    """
    for word in overrides:
        key = word.lstrip("+~").partition("=")[0]
        if key.partition(".")[0] == "sweep" or key.partition("/")[0].partition(".")[0] == "hydra":
            hint = "" if key == LAUNCHERS or key.startswith(("hydra.launcher.", "sweep")) else for_hydra(word)
            raise UserError(f"{word} is for sweeps{hint or '; add -m, or leave it out'}")
    return (composer or Composer(config_dir)).compose(overrides, resolve=resolve)


class Composer:
    """Composes the configs of many runs: Hydra composes each set of choices once, then values are overridden."""

    def __init__(self, config_dir: str | None) -> None:
        self.folders = conf_folders(config_dir)
        self.files = GroupFiles(self.folders)
        self._by_hydra: dict[tuple[str, ...], Any] = {}
        self._composed: dict[tuple[str, ...], tuple[Any, Any]] = {}
        self._stages: dict[tuple[str, ...], Config] = {}
        self._composing: list[tuple[str, ...]] = []  # the chain of stages being composed, the last stage first

    def compose(self, overrides: Sequence[str], *, resolve: bool = True) -> Config:
        """The config of one run; see `tunesmith.configuration.compose.compose`."""
        return self._plain(overrides, resolve=resolve, without="sweep")

    def picked(self, overrides: Sequence[str]) -> dict[str, str]:
        """The choice in each group of one choice."""
        from omegaconf import OmegaConf

        found = OmegaConf.to_container(self._of_choices(tuple(sorted_words(overrides, self.folders).first))[1])
        assert isinstance(found, dict)
        return {str(group): choice for group, choice in found.items() if isinstance(choice, str)}

    def sweep_settings(self, overrides: Sequence[str]) -> Config:
        """The `sweep` node of the same config."""
        settings: Config = self._plain(overrides, resolve=False, without=None)["sweep"]
        return settings

    def launcher_settings(self, chosen: str, overrides: Sequence[str]) -> Config:
        """The node `hydra.launcher` of a choice with overrides applied, those of unknown keys too.

        Raises:
            UserError: if a file names anything but a launcher.
        """
        from omegaconf import OmegaConf

        self._checked_choices([f"{LAUNCHERS}={chosen}"])
        words = [f"{LAUNCHERS}={chosen}", *(f"++{word}" for word in overrides)]
        settings = OmegaConf.to_container(self._hydra_composes(words).hydra.launcher, resolve=False)
        launcher_node.check(settings, chosen)
        assert isinstance(settings, dict)
        return {str(key): value for key, value in settings.items()}

    def launcher_of_choices(self, overrides: Sequence[str]) -> str:
        """The launcher that the file of an experiment, or of another choice, names; `local` by default."""
        found = [self.files.launchers[choice] for choice in self._checked_choices(overrides)]
        return next((name for name in reversed(found) if name is not None), LOCAL)

    def launcher_changes(self, overrides: Sequence[str]) -> Config:
        """The settings of that launcher which the same files change."""
        from omegaconf import OmegaConf

        name = self.launcher_of_choices(overrides)
        words = [*overrides, f"{LAUNCHERS}={name}"]
        node, usual = (
            OmegaConf.to_container(self._hydra_composes(words).hydra.launcher),
            self.launcher_settings(name, []),
        )
        assert isinstance(node, dict)
        launcher_node.check(node, name)
        return {str(key): value for key, value in node.items() if key not in usual or usual[str(key)] != value}

    def _plain(self, overrides: Sequence[str], *, resolve: bool, without: str | None) -> Config:
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        words = sorted_words(overrides, self.folders)
        composed, picked = self._of_choices(tuple(words.first))
        _set_values(composed, words.values)
        if without is not None:
            composed.pop(without, None)
        mistakes = list(_no_groups(composed))
        if mistakes:
            raise UserError(mistakes)
        try:
            if resolve:
                check_extent(OmegaConf.to_container(composed, resolve=False))
                self._start_from_stage(composed, choice=words.chosen.get("backbone"))
            config = OmegaConf.to_container(composed, resolve=resolve)
        except OmegaConfBaseException as error:
            raise UserError(not_resolved(error, composed, self.files.where)) from error
        assert isinstance(config, dict)
        if resolve and not self._composing and all(value.key_or_group != "output_dir" for value in words.values):
            check_place("output_dir", config.get("output_dir"))
        if resolve and config.get("name") is None:
            stage = config["backbone"].get("after")
            start = f"after_{stage['name'].replace('/', '_')}" if stage is not None else picked["backbone"]
            config["name"] = words.chosen.get("experiment") or f"{picked['dataset']}_{start}"
        plain = {str(key): value for key, value in config.items()}
        for stage in stages(plain) if resolve else ():  # a stage takes over the run's bookkeeping settings
            stage |= {key: plain[key] for key in BOOKKEEPING if key != "name"}
            stage["trainer"] = stage["trainer"] | {key: plain["trainer"][key] for key in BOOKKEEPING_TRAINER}
        return plain

    def _start_from_stage(self, composed: Any, *, choice: str | None) -> None:
        """Replace `backbone.after` by the config of the stage that it names."""
        from omegaconf import OmegaConf

        after = composed.backbone.pop("after", None)
        if after is None:
            return
        node: Any = OmegaConf.to_container(composed.backbone, resolve=True)
        stage = self._stage(OmegaConf.to_container(after) if OmegaConf.is_config(after) else after)
        default: Any = OmegaConf.to_container(self._of_choices(())[0].backbone, resolve=True)
        changed = {key: value for key, value in node.items() if default.get(key) != value}
        composed.backbone = literal(starting_from(stage, changed, choice=choice))  # both are resolved already

    def _stage(self, after: Any) -> Config:
        """The config of an experiment and overrides: a name, words separated by spaces, or a list of them."""
        words = shlex.split(after) if isinstance(after, str) else after
        if not words or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise UserError(
                f"backbone.after is {after!r}; expected an experiment, or a list of an experiment and overrides: "
                "[demo/dapt,seed=2]"
            )
        key = (f"experiment={words[0]}", *words[1:])
        if key in self._composing:
            names = [stage[0].partition("=")[2] for stage in [*self._composing[self._composing.index(key) :], key]]
            raise UserError(f"backbone.after is circular: {' after '.join(names)}; expected a chain that ends")
        if key not in self._stages:
            self._composing.append(key)
            try:
                self._stages[key] = self._plain(key, resolve=True, without="sweep")
            except UserError as error:
                nested = len(self._composing) > 1 or "is circular" in str(error)
                raise (
                    error if nested else UserError([f"backbone.after: {mistake}" for mistake in error.mistakes])
                ) from None
            finally:
                self._composing.pop()
        return copy.deepcopy(self._stages[key])

    def _of_choices(self, overrides: tuple[str, ...]) -> tuple[Any, Any]:
        """A copy of the config that Hydra composes, and the choice made in each group."""
        from omegaconf import OmegaConf

        if overrides not in self._composed:
            self._checked_choices(overrides)
            # A run uses no launcher, and the one that its experiment names may not be installed.
            composed = copy.deepcopy(self._hydra_composes([*overrides, f"{LAUNCHERS}={LOCAL}"]))
            picked = composed.hydra.runtime.choices
            OmegaConf.set_struct(composed, False)
            del composed["hydra"]
            self._composed[overrides] = composed, picked
        composed, picked = self._composed[overrides]
        return copy.deepcopy(composed), picked

    def _checked_choices(self, overrides: Sequence[str]) -> list[tuple[str, str]]:
        """The groups and choices of some overrides, whose files are in order.

        Raises:
            UserError: with all mistakes, each with its file and line.
        """
        split = [
            (group, value.strip("[]").split(",")) for group, _, value in (word.partition("=") for word in overrides)
        ]
        found = [(group, name.strip(" '\"")) for group, names in split for name in names]
        if mistakes := [mistake for group, name in found for mistake in self.files.mistakes(group, name)]:
            raise UserError(mistakes)
        return found

    def _hydra_composes(self, overrides: Sequence[str]) -> Any:
        """What Hydra composes, its own settings included; done once, for it takes 0.2 s, so it is not to be changed."""
        key = tuple(overrides)
        if key not in self._by_hydra:
            self._by_hydra[key] = self._composed_anew(key)
        return self._by_hydra[key]

    def _composed_anew(self, overrides: tuple[str, ...]) -> Any:
        from hydra import compose as hydra_compose
        from hydra import initialize_config_dir

        ignore_broken_plugins()
        refuse_secret_variables()
        places = ",".join(as_text(f"file://{folder}") for folder in self.folders[1:])
        search_path = [f"hydra.searchpath=[{places}]"] if places else []
        try:
            with initialize_config_dir(str(self.folders[0])):
                return hydra_compose("train", overrides=[*overrides, *search_path], return_hydra_config=True)
        except Exception as error:  # Hydra's own, and those of YAML and Python that it lets pass
            raise UserError(not_composed(error)) from error


def _set_values(composed: Any, overrides: Iterable[Any]) -> None:
    """Apply `key=value` overrides to a composed config.

    Raises:
        UserError: for one whose key or value does not fit the others.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    for override in overrides:
        try:
            OmegaConf.update(composed, override.key_or_group, override.value(), merge=True, force_add=True)
        except (OmegaConfBaseException, AssertionError, TypeError, ValueError) as error:
            raise UserError(f"{override.input_line} cannot be applied: {first_line(error)}") from error


def _no_groups(composed: Any) -> Iterable[str]:
    """Groups of one choice that hold no settings; groups of several may be empty."""
    for group in SEVERAL:
        if composed.get(group) in (None, []):
            composed[group] = {}
    for group in ("dataset", *SINGLE, *SEVERAL):
        if not isinstance(composed.get(group), Mapping):
            yield f"{group} is {composed.get(group)}; expected a group of settings: {group}=<choice>, see tunesmith list {group}"
