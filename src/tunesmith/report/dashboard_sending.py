"""Sends a workspace and a report to W&B, with the methods that `wandb-workspaces` has for it.

Both replace what was sent before: the workspace has a name that follows from the sweep, the report is found by its title.
"""

import os
from dataclasses import dataclass

from tunesmith.configuration.secrets import without_secrets
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.loggers import wandb_sync
from tunesmith.loggers.wandb_service import end_service
from tunesmith.report.dashboard import Dashboard

_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Sent:
    """The addresses of what was sent."""

    workspace: str
    report: str


def obstacle() -> str | None:
    """Why nothing can be sent: there is no key, or no network, or W&B is set to be offline; None if there is no reason."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # its threads would outlive the command
    if os.environ.get("WANDB_MODE") in ("offline", "disabled", "dryrun"):
        return f"WANDB_MODE is {os.environ['WANDB_MODE']}"
    from wandb.sdk.lib import wbauth

    address = wandb_sync.server()
    try:
        # As wandb.Api() looks for a key, but it would ask for one.
        found = wbauth.authenticate_session(
            host=address, source="tunesmith dashboard", no_offline=True, prompt=False, update_session=False
        )
    except Exception as error:
        return f"the API key cannot be used ({without_secrets(first_line(error))})"
    finally:
        end_service(0)
    if found is None:
        return f"there is no API key for {without_secrets(address)}: run wandb login, or set WANDB_API_KEY"
    try:
        wandb_sync.check_connection(address, timeout_seconds=_CONNECT_SECONDS)
    except UserError as error:
        return without_secrets(first_line(error)).partition(";")[0]
    return None


def send(made: Dashboard) -> Sent:
    """Save both at W&B, in the account's default entity if they have none; returns where they are.

    Raises:
        UserError: if W&B refuses it or does not answer.
    """
    import wandb as library

    settings = library.setup().settings
    library.termsetup(library.Settings(silent=True), None)  # it prints addresses of its own
    try:
        return _send(made)
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"Weights & Biases: {without_secrets(first_line(error))}; expected an account that may write to "
            f"{made.report.entity or 'its default entity'}/{made.report.project}: run wandb login, or set entity=... project=..."
        ) from error
    finally:
        library.termsetup(settings, None)
        end_service(0)


def _send(made: Dashboard) -> Sent:
    import wandb as library
    from wandb_workspaces.workspaces import internal

    api = library.Api()
    entity = made.report.entity or api.default_entity
    if not entity:
        raise UserError("the account has no default entity at Weights & Biases; set entity=... to a user or team")
    workspace, report = made.workspace, made.report
    workspace.entity = report.entity = entity
    project = report.project
    try:
        before = list(api.reports(f"{entity}/{project}"))
    except ValueError:  # there is no such project yet: saving a report makes it
        before = []
    report.id = next((one.id for one in before if one.display_name == report.title), "")
    report.save()
    try:
        workspace._internal_id = internal.View.from_name(entity, project, workspace._internal_name).id
    except ValueError:  # there is no such workspace yet
        workspace._internal_id = ""
    workspace.save()
    return Sent(workspace.url, report.url)
