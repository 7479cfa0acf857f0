"""The W&B run of an evaluation, which names the run that was scored again, and has the new scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.secrets import recorded_command
from tunesmith.loggers import wandb_summary
from tunesmith.loggers.run_description import tags
from tunesmith.loggers.wandb_recorded import wandb_id
from tunesmith.runs.folder import RunFolder


def log_evaluation(
    run: RunFolder,
    config: Config,
    scores: Mapping[str, float],
    output: Path,
    *,
    settings: Mapping[str, Any],
    arguments: list[str],
) -> str | None:
    """Write the W&B run of an evaluation; returns its address, None if it is offline.

    It is in no group: with the run that was scored it would count twice in the mean over the seeds.

    Args:
        run: that was scored.
        config: that it was scored with.
        scores: by name, such as `test/f1`.
        output: the folder of the evaluation, which gets W&B's files.
        settings: of the run's W&B logger.
        arguments: of the command line.

    Raises:
        Exception: whatever is wrong with W&B.
    """
    from wandb.sdk.lib.runid import generate_id

    name = f"{run.config()['name']}/{run.path.name}"
    evaluation = wandb_summary.SummaryRun(
        id=f"evaluate-{generate_id()}",
        name=f"evaluate {name}",
        job_type="evaluate",
        tags=list(dict.fromkeys(tags(config))),
        config=dict(config) | {"evaluated_run": name, "evaluated_wandb_run": wandb_id(run.path)},
        notes=recorded_command(arguments),
        state="done",
        summary={f"final/{score}": value for score, value in scores.items()},
    )
    place = {key: settings[key] for key in ("project", "entity", "mode", "timeout_seconds")}
    return wandb_summary.write(evaluation, output, **place)
