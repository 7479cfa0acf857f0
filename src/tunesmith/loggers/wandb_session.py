"""The start and the end of a W&B run: offline if the server does not answer, and no process or thread of W&B is left behind.

Lightning is not imported here: a sweep has a W&B run too, and trains nothing in its own process.
"""

import contextlib
import errno
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from tunesmith.configuration.secrets import recorded_command
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.loggers.offline_runs import unsent_marker

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
        finish_timeout=timeout_seconds,
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
    return run


def finish(run: Any, state: str) -> None:
    """Write the remaining values, and end the W&B run and its service process.

    Args:
        run: of W&B.
        state: such as done, failed, interrupted or pruned.
    """
    code = exit_code(state)
    try:
        run.summary["state"] = state
        run.finish(exit_code=code)
        unsent_marker(Path(run.settings.sync_file)).unlink(missing_ok=True)
    except TimeoutError:
        place = Path(run.settings.sync_dir).parents[1]
        print(f"Weights & Biases does not take the last values; send them later: tunesmith sync {place}", flush=True)
    except Exception:
        _forget_run()
        raise
    finally:
        end_service(code)


def exit_code(state: str) -> int:
    """W&B's exit code for a state; W&B shows a run without one as running, then as crashed."""
    return _EXIT_CODES.get(state, 0)


def end_service(code: int) -> None:
    """End W&B's service process and threads, unless another run of W&B uses them."""
    import wandb as library

    if library.run is None:
        with contextlib.suppress(Exception, SystemExit):  # it exits if the service process has failed
            library.teardown(code)


def _forget_run() -> None:
    """Forget a run whose service process has failed: a later run of this process starts a service of its own."""
    from wandb.sdk.lib import module

    module.unset_globals()
    os.environ.pop("WANDB_SERVICE", None)


def check_room(folder: Path) -> None:
    """Raise if the disk of a folder is full, of which W&B's service process tells nobody."""
    place = folder / "wandb"
    if place.is_dir() and not shutil.disk_usage(place).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
