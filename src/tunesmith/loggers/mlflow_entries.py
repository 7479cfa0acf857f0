"""What a run logs to MLflow, as entries in their order, and the file that keeps those that could not be sent.

`mlflow_unsent.jsonl` in the run's folder has the start of the MLflow run, and then an entry a line. It names no server: whoever
sends it later says where to. Sending an entry twice changes nothing, so one whose answer was lost is sent again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import to_json

from tunesmith.errors import UserError
from tunesmith.storage import files
from tunesmith.storage.bounded_files import read_bytes

FILE = "mlflow_unsent.jsonl"
_BYTES = 2**30
_WORD = r"^[\w-]{0,64}$"  # in a query


def _inside(name: str) -> str:
    if name.startswith("/") or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError("leads out of the run's artifacts")
    return name


@dataclass(frozen=True)
class Start:
    """The MLflow run.

    Attributes:
        token: finds the run again at the server, which gives it an id of its own.
        experiment: its name.
        name: of the run.
        tags: by key.
        params: by path.
        sweep: token of the parent run; empty without one.
        milliseconds: since 1970.
    """

    token: Annotated[str, Field(pattern=_WORD)]
    experiment: str
    name: str
    tags: dict[str, str]
    params: dict[str, str]
    sweep: Annotated[str, Field(pattern=_WORD)]
    milliseconds: int
    kind: Literal["start"] = "start"


@dataclass(frozen=True)
class Values:
    """Values of an optimizer step."""

    step: int
    values: dict[str, float]
    milliseconds: int
    kind: Literal["values"] = "values"


@dataclass(frozen=True)
class Tags:
    """Tags that are known after the start."""

    tags: dict[str, str]
    kind: Literal["tags"] = "tags"


@with_config(ConfigDict(val_json_bytes="base64"))
@dataclass(frozen=True)
class Artifact:
    """A file among the artifacts of the run, by its name there."""

    name: Annotated[str, AfterValidator(_inside)]
    content: Annotated[bytes, Field(repr=False)]
    kind: Literal["artifact"] = "artifact"


@dataclass(frozen=True)
class Model:
    """The folder `model` of the run, as it is when it is sent."""

    kind: Literal["model"] = "model"


@dataclass(frozen=True)
class End:
    """How the run has ended."""

    status: Literal["FINISHED", "FAILED", "KILLED"]
    milliseconds: int
    kind: Literal["end"] = "end"


Entry = Values | Tags | Artifact | Model | End
_LINE: TypeAdapter[Start | Entry] = TypeAdapter(Annotated[Start | Entry, Field(discriminator="kind")])


def save(folder: Path, start: Start, entries: Iterable[Entry]) -> None:
    """Write the unsent entries of a run; a file with earlier ones is replaced.

    Args:
        folder: of the run.
        start: of the MLflow run.
        entries: in their order.
    """
    lines = [to_json(line, bytes_mode="base64", inf_nan_mode="constants") for line in (start, *entries)]
    files.write_bytes(folder / FILE, b"\n".join(lines) + b"\n")


def load(folder: Path) -> tuple[Start | None, list[Entry]]:
    """The unsent entries of a run; None and none if all were sent.

    Args:
        folder: of the run.

    Raises:
        UserError: if the file is not one that `save` wrote.
    """
    file = folder / FILE
    try:
        lines = read_bytes(file, limit=_BYTES).splitlines()
    except FileNotFoundError:
        return None, []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(_LINE.validate_json(line))
        except ValidationError as error:
            problem = error.errors()[0]
            raise UserError(
                f"{file}, line {number}: {problem['msg']}; expected an entry as a run with logger=mlflow writes it; what "
                "was sent before stays, remove the file to go on without the rest"
            ) from error
    starts = [line for line in found if isinstance(line, Start)]
    entries = [line for line in found if not isinstance(line, Start)]
    if len(starts) != 1 or found[0] is not starts[0]:
        raise UserError(
            f"{file} does not begin with the only start of a run; expected what a run with logger=mlflow writes"
        )
    return starts[0], entries
