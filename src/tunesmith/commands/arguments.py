"""Arguments of `train` and `check`, and key=value pairs of commands on a completed run."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunesmith.configuration import Config
from tunesmith.errors import UserError

if TYPE_CHECKING:
    from tunesmith.runs.folder import RunFolder


@dataclass(frozen=True)
class TrainArguments:
    """Arguments of `train` and `check`.

    Attributes:
        overrides: `group=choice` and `key=value`.
        multirun: whether to run a sweep.
        config_dir: a folder with the user's own groups, or None.
        print_config: `job` or `all` (with values resolved) to only print the config, or None.
        package: the key below which it is printed; empty for all of it.
    """

    overrides: list[str]
    multirun: bool
    config_dir: str | None
    print_config: str | None
    package: str = ""

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "TrainArguments":
        """Separate options from overrides.

        Raises:
            UserError: for an unknown option.
        """
        parser = argparse.ArgumentParser(prog="tunesmith", add_help=False, exit_on_error=False, allow_abbrev=False)
        parser.add_argument("--multirun", "-m", action="store_true")
        parser.add_argument("--cfg", "-c", choices=["job", "all"], action="append", default=[])
        parser.add_argument("--config-dir", "-cd", action="append", default=[])
        parser.add_argument("--resolve", action="store_true")
        parser.add_argument("--package", "-p", action="append", default=[])
        try:
            options, overrides = parser.parse_known_args(arguments)
        except argparse.ArgumentError as error:
            raise UserError(str(error)) from error
        if any(word.startswith("-") for word in overrides):
            raise UserError(list(_unknown_options(overrides)))
        given = {"--cfg": options.cfg, "--config-dir": options.config_dir, "--package": options.package}
        for name, values in given.items():
            if len(values) > 1:
                raise UserError(f"{name} is given {len(values)} times: {', '.join(values)}; expected it once")
        if options.multirun and options.cfg:
            raise UserError("--cfg prints the config of a single run; leave out -m, and give each key a single value")
        printed = "".join(options.cfg) or None
        if printed is None and (options.resolve or options.package):
            raise UserError("--resolve and --package say what --cfg job prints; add --cfg job, or leave them out")
        if options.resolve:
            printed = "all"
        return cls(overrides, options.multirun, "".join(options.config_dir) or None, printed, "".join(options.package))

    def config(self) -> Config | None:
        """The resolved config of one run; None if it was printed instead."""
        from tunesmith.configuration.compose import Composer, compose

        composer = Composer(self.config_dir)
        composed = compose(self.overrides, resolve=self.print_config != "job", composer=composer)
        if self.print_config is None:
            return composed
        from tunesmith.configuration.commented import commented

        print(commented(composed, self.overrides, composer=composer, package=self.package), end="")
        return None


def _unknown_options(words: Sequence[str]) -> Iterator[str]:
    """A mistake for each word with dashes, such as `--seed 3` of other programs."""
    from tunesmith.configuration.suggestions import for_option
    from tunesmith.configuration.targets import SEVERAL, SINGLE

    for number, word in enumerate(words):
        if not word.startswith("-"):
            continue
        option, equals, value = word.partition("=")
        after = words[number + 1] if number + 1 < len(words) else "-"
        given = value if equals else None if after.startswith("-") or "=" in after else after
        keys = ["seed", "name", "output_dir", "monitor", "experiment", "dataset", *SINGLE, *SEVERAL]
        name = option.lstrip("-").replace("-", "_")
        near = f"; did you mean {name}={given or '...'}?" if "." in name else for_option(option, given, keys)
        yield (
            f"unknown option {option}{near or '; expected group=choice, key=value, -m, --cfg or --config-dir'} "
            "(tunesmith train --help)"
        )


@dataclass(frozen=True)
class RunArguments:
    """Arguments of a command on a completed run.

    Attributes:
        run: the run's folder.
        values: values of the command's own keys.
        settings: overrides of the run's config.
    """

    run: "RunFolder"
    values: dict[str, str]
    settings: list[str]

    @classmethod
    def parse(
        cls,
        arguments: Sequence[str],
        *,
        required: Sequence[str] = (),
        optional: Sequence[str] = (),
        settings_allowed: bool = True,
    ) -> "RunArguments":
        """Parse key=value pairs.

        Args:
            arguments: command line arguments after the command.
            required: required keys besides `run`.
            optional: keys that may be left out.
            settings_allowed: whether other keys may override the run's config.

        Raises:
            UserError: with all mistakes, or if there is no such run.
        """
        from tunesmith.configuration.suggestions import for_command_key

        names = ("run", *required, *optional)
        mistakes = [f"{word!r} is not key=value" for word in arguments if "=" not in word]
        values = dict(word.split("=", 1) for word in arguments if "=" in word)
        mistakes += [
            f"{name} is required: {name}={'FILE' if name == 'input' else 'DIR'}"
            for name in names
            if not values.get(name) and (name in values or name not in optional)
        ]
        keys = [word.split("=", 1)[0] for word in arguments if "=" in word]
        mistakes += [
            f"{name} is given {keys.count(name)} times; expected it once" for name in names if keys.count(name) > 1
        ]
        settings = [word for word in arguments if "=" in word and word.split("=", 1)[0] not in names]
        mistakes += [
            f"unknown key {key}{for_command_key(key, names)}"
            for key in (word.split("=", 1)[0] for word in settings)
            if not settings_allowed or not ("." in key or key == "dataset")
        ]
        if mistakes:
            raise UserError(mistakes)
        from tunesmith.runs.folder import RunFolder

        return cls(RunFolder.open(values["run"]), values, settings)
