"""Optuna's journal file, in which each record carries a digest of itself: damage to it never changes a trial unnoticed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileSymlinkLock

from tunesmith.storage.verified_folder import DamagedError

_KEY = "digest"  # ignored by Optuna and its dashboard


class VerifiedJournal(BaseJournalBackend):
    """Reads and appends records. Those of an earlier version, or of Optuna's dashboard, have no digest.

    Args:
        file: created if it does not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        if file.exists() and not file.is_file():
            raise self._damaged()
        self._drop_incomplete_record()
        self._journal = JournalFileBackend(str(file))

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The records from a number on.

        Raises:
            DamagedError: if one is not as it was written.
        """
        try:
            for record in self._journal.read_logs(log_number_from):
                content = {key: value for key, value in record.items() if key != _KEY}
                if record.get(_KEY, _digest(content)) != _digest(content):
                    raise self._damaged()
                yield content
        except (ValueError, AttributeError) as error:  # a line is not a JSON object
            raise self._damaged() from error

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records, each with its digest."""
        records = json.loads(json.dumps(logs))  # as they will be read: keys are texts, and tuples lists
        self._journal.append_logs([record | {_KEY: _digest(record)} for record in records])

    def _drop_incomplete_record(self) -> None:
        """Drop what a full disk or a killed process has left at the end: the next record would be appended to it."""
        if not self._file.exists() or _complete(self._file):
            return
        lock = JournalFileSymlinkLock(str(self._file))
        lock.acquire()
        try:
            content = self._file.read_bytes()
            if not _complete(self._file):  # otherwise another process was just writing it
                os.truncate(self._file, content.rfind(b"\n") + 1)
        finally:
            lock.release()

    def _damaged(self) -> DamagedError:
        return DamagedError(
            f"{self._file} is damaged: it differs from what was written; restore it from a copy, or remove the sweep's "
            "folder: the same command searches anew, and completed runs are not run again"
        )


def _complete(file: Path) -> bool:
    """Whether a file ends with a complete line."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 1))
        return stream.read(1) in (b"", b"\n")


def _digest(record: dict[str, Any]) -> str:
    return xxhash.xxh3_64_hexdigest(json.dumps(record, sort_keys=True).encode())
