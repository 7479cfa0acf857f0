"""Failed trials of a search: the reason is the user attribute `error`, and a trial that retries another one names it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

ERROR = "error"
RETRY_OF = "again"  # the number of the failed trial that this one retries


def not_retried(trials: Sequence["optuna.trial.FrozenTrial"]) -> list["optuna.trial.FrozenTrial"]:
    """The failed trials among all of a study that no other one retries."""
    retried = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    return [trial for trial in trials if trial.state.name == "FAIL" and trial.number not in retried]


def reasons(study: Path) -> dict[str, str]:
    """Each failed trial of a study, such as `trial 3: optimizer.lr=0.1`, and the first line of the reason."""
    from tunesmith.sweeps.search.study import trials_of

    found = {}
    for trial in not_retried(trials_of(study)):
        if ERROR in trial.user_attrs:
            values = " ".join(f"{key}={value}" for key, value in trial.params.items())
            found[f"trial {trial.number}: {values}"] = str(trial.user_attrs[ERROR]).partition("\n")[0]
    return found
