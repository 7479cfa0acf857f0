"""The start and the end of a W&B run: offline if the server does not answer, and no process or thread of W&B is left behind.

Lightning is not imported here: a sweep has a W&B run too, and trains nothing in its own process.
"""

import errno
import os
import shlex
import shutil
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, ClassVar, cast

from tunesmith.configuration.secrets import recorded_command
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.loggers.wandb_offline_runs import unsent_marker
from tunesmith.loggers.wandb_service import STUCK_SECONDS, end_service, forget_run, killed_if_stuck

_EXIT_CODES = {"failed": 1, "interrupted": 255}  # 255 is W&B's own after Ctrl-C; 0 for any other state


def settings(*, timeout_seconds: float, **more: Any) -> Any:
    """W&B's settings of a run; nothing is printed, and no program is started.

    Args:
        timeout_seconds: how long the start, and the end, wait for the server.
        more: further settings of W&B's.
    """
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # its threads would outlive the run
    import wandb as library

    return library.Settings(
        silent=True,
        console="off",
        disable_git=True,  # W&B's own git would run what a repository names
        x_disable_meta=shlex.join(["tunesmith", *sys.argv[1:]]) != recorded_command(sys.argv[1:]),  # it has the command
        init_timeout=timeout_seconds,
        login_timeout=timeout_seconds,
        finish_timeout=timeout_seconds * 2 / 3,  # the rest is for the question whether it answers
        finish_timeout_raises=True,
        **more,
    )


def start(arguments: dict[str, Any]) -> Any:
    """W&B's run; offline if the server does not answer in time, which is said, and `arguments` then say so too.

    Args:
        arguments: of `wandb.init`.

    Raises:
        UserError: if W&B is used wrongly, such as without an API key.
    """
    import wandb as library

    check_room(Path(arguments["dir"]))
    library.setup()  # which sets what is printed, and would do so again
    library.termsetup(arguments["settings"], None)  # before it says where it has found a key
    try:
        run = library.init(**arguments)
    except (library.errors.UsageError, library.errors.AuthenticationError) as error:
        end_service(1)
        raise UserError(
            f"logger.wandb: {first_line(error)}; run wandb login, or set logger.wandb.mode=offline"
        ) from error
    except Exception as error:
        end_service(1)
        if arguments["mode"] != "online":
            raise
        arguments["mode"] = "offline"
        run = library.init(**arguments)
        print(
            f"Weights & Biases does not answer ({first_line(error)}); logging offline, send it later: tunesmith sync "
            f"{arguments['dir']}",
            flush=True,
        )
    if arguments["mode"] == "online":
        unsent_marker(Path(run.settings.sync_file)).touch()
        run._cached_public_api = cast(Any, _NoQuestions())
    return run


def answers(run: Any) -> bool:
    """Whether the server of an online run answers anything in time."""
    try:
        urllib.request.urlopen(run.settings.base_url, timeout=run.settings.finish_timeout / 2).close()  # noqa: S310  the user's own
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def finish(run: Any, state: str) -> None:
    """Write the remaining values, and end the W&B run and its service process.

    Args:
        run: of W&B.
        state: such as done, failed, interrupted or pruned.
    """
    code, stuck = exit_code(state), threading.Event()
    try:
        run.summary["state"] = state
        with killed_if_stuck(run.settings.finish_timeout + STUCK_SECONDS) as stuck:
            run.finish(exit_code=code)
        unsent_marker(Path(run.settings.sync_file)).unlink(missing_ok=True)
    except TimeoutError:
        _say_unsent(run)
    except Exception:
        forget_run()
        if not stuck.is_set():
            raise
        _say_unsent(run)
    finally:
        end_service(code)


def _say_unsent(run: Any) -> None:
    place = Path(run.settings.sync_dir).parents[1]
    print(f"Weights & Biases does not take the last values; send them later: tunesmith sync {place}", flush=True)


class _NoQuestions:
    """What W&B asks the server, in this process, about an artifact such as a table: the answer may never come.

    Its own object checks the key again, and whether there is an artifact of the name with another type, which ours never have.
    """

    settings: ClassVar[dict[str, str]] = {"entity": "", "project": ""}

    def _expected_artifact_type(self, **artifact: str) -> None:
        pass

    def _set_artifact_save_handle(self, artifact: Any, handle: Any) -> None:
        pass


def exit_code(state: str) -> int:
    """W&B's exit code for a state; W&B shows a run without one as running, then as crashed."""
    return _EXIT_CODES.get(state, 0)


def check_room(folder: Path) -> None:
    """Raise if the disk of a folder is full, of which W&B's service process tells nobody."""
    place = folder / "wandb"
    if place.is_dir() and not shutil.disk_usage(place).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
