"""A config whose run is completed is not trained again, unless its data or its code has changed since: that is refused."""

from tunesmith.configuration import Config
from tunesmith.data.survey.survey import surveyed
from tunesmith.runs.folder import RunFolder


def completed_run(config: Config) -> RunFolder | None:
    """The folder of a config's completed run; None if it is yet to be trained.

    Args:
        config: resolved and checked.

    Raises:
        UserError: if the data or the user's own code is not what the run was trained on.
    """
    folder = RunFolder.of(config)
    if not folder.completed:
        return None
    before = folder.recorded
    before.check_plugins(config)
    before.check_data(surveyed(config["dataset"]).source)
    return folder
