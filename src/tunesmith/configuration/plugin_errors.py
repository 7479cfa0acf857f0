"""An error in the code of a plugin is reported as one message with its file and line, like a wrong setting."""

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

import tunesmith
from tunesmith.configuration import plugins
from tunesmith.errors import Pruned, UserError
from tunesmith.errors.messages import first_line

_OTHERS = (
    UserError,
    Pruned,
    MemoryError,
    FloatingPointError,
    RecursionError,
    BrokenPipeError,
)  # which have messages of their own


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Errors that the code of a plugin raises in the block become a `UserError`; others pass."""
    try:
        yield
    except Exception as error:
        if (text := message(error)) is None:
            raise
        raise UserError(text) from error


def message(error: BaseException) -> str | None:
    """`my_plugin/heads/mine.py, line 12, in loss: ValueError: ...`; None if the innermost code of ours is not a plugin's."""
    if isinstance(error, _OTHERS) or not isinstance(error, Exception):
        return None
    try:
        places = [plugin.path.resolve() for plugin in plugins.trusted()]
    except UserError:
        return None
    if not places:
        return None
    if isinstance(error, SyntaxError) and _is_in(error.filename, places):
        return f"{error.filename}, line {error.lineno}: this is not valid Python: {error.msg}"
    own = [*places, Path(tunesmith.__file__).resolve().parent]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_in(frame.filename, own)]
    if not frames or not _is_in(frames[-1].filename, places):
        return None
    frame = frames[-1]
    where = "" if frame.name == "<module>" else f", in {frame.name}"
    return f"{frame.filename}, line {frame.lineno}{where}: {type(error).__name__}: {first_line(error)}"


def _is_in(file: str | None, places: list[Path]) -> bool:
    return file is not None and any(Path(file).resolve().is_relative_to(place) for place in places)
