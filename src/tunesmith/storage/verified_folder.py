"""A folder whose files are verified when they are read again, so that no damaged file changes a number unnoticed.

`digests.json` in the folder has the digest of each file (XXH3, 128 bits), which notices damage; it is no protection against
somebody who changes both. A digest is recorded before its file is replaced, beside that of the present content, so that
whenever the process dies the file matches one of the two.
"""

import contextlib
import json
import mmap
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import xxhash

from tunesmith.errors import UserError
from tunesmith.storage import files
from tunesmith.storage.bounded_files import BYTES, UnreadableError, check_file, read_bytes, read_json

FILE = "digests.json"
_BLOCK_BYTES = 16 * 2**20
_DIGESTS_BYTES = 256 * 2**20  # of a sweep with a million jobs
_FILE_BYTES = 2**45
Digests = dict[str, list[str]]  # name -> accepted digests


class DamagedError(UserError):
    """A file is not as it was written."""


class VerifiedFolder:
    """Writes and reads the files of a folder. A folder without digests.json, of an earlier version, is read unverified.

    Args:
        path: the folder.
        kept: glob patterns of the files that are read again.
        remedy: what a user can do about a damaged file.
    """

    def __init__(self, path: Path, *, kept: tuple[str, ...], remedy: str) -> None:
        self._path, self._kept, self._remedy = path, kept, remedy
        self._parsed: tuple[tuple[int, ...], Digests] = ((), {})  # by what tells one digests.json from the next

    @property
    def has_digests(self) -> bool:
        """Whether its files are verified."""
        return (self._path / FILE).exists()

    def write_texts(self, texts: Mapping[str, str]) -> None:
        """Write files atomically, each with its digest.

        Args:
            texts: by name, relative to the folder.
        """
        digests = self._digests() or self._present()
        for name, text in texts.items():
            digests[name] = [digest_of(text.encode()), *digests.get(name, [])[:1]]
        self._write(digests)
        for name, text in texts.items():
            files.write_text(self._path / name, text)

    def record(self) -> None:
        """Record the present content of all files that are read again; call it when nothing writes to them."""
        self._write(self._present())

    def read_text(self, name: str, *, limit: int = BYTES) -> str:
        """The content of a file of at most `limit` bytes.

        Raises:
            FileNotFoundError: if it was never written.
            DamagedError: if it is not as it was written.
        """
        try:
            return self._read(name, limit).decode()
        except UnicodeDecodeError as error:  # an earlier version's file, which has no digest
            raise self._damaged(name, "it is not valid UTF-8") from error

    def read_json(self, name: str, *, limit: int = BYTES) -> Any:
        """The value of a JSON file; errors as in `read_text`."""
        text = self.read_text(name, limit=limit)
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._damaged(name, "it is not valid JSON") from error

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a text file of any size, which is verified first; errors as in `read_text`."""
        digests = self._digests()
        if digests is not None and (name in digests or (self._path / name).exists()):
            self._check(name, digests.get(name, []))
        try:
            check_file(self._path / name, limit=_FILE_BYTES)
            with (self._path / name).open(encoding="utf-8", newline="\n") as stream:
                yield from stream
        except UnreadableError as error:
            raise self._damaged(name, str(error)) from error
        except UnicodeDecodeError as error:
            raise self._damaged(name, "it is not valid UTF-8") from error
        except NotADirectoryError as error:
            raise FileNotFoundError(*error.args) from error
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._damaged(name, f"it cannot be read: {error.strerror}") from error

    def verify(self, below: str = "") -> None:
        """Check the files that have a digest.

        Args:
            below: only those whose names start so.

        Raises:
            DamagedError: for the first that is damaged or missing.
        """
        for name, accepted in (self._digests() or {}).items():
            if name.startswith(below):
                self._check(name, accepted)

    @contextlib.contextmanager
    def verifying(self, below: str) -> Iterator[None]:
        """Check files while the block loads them: they are hashed in a thread of their own; see `verify`.

        Raises:
            DamagedError: at the end of the block, also instead of its error.
        """
        found: list[DamagedError] = []

        def verify() -> None:
            try:
                self.verify(below)
            except DamagedError as error:
                found.append(error)

        thread = threading.Thread(target=verify)
        thread.start()
        try:
            yield
        finally:
            thread.join()
            if found:
                raise found[0]

    def _read(self, name: str, limit: int) -> bytes:
        while True:
            digests = self._digests()
            content = self._bytes(name, limit, known=digests is not None and name in digests)
            if digests is None or digest_of(content) in digests.get(name, []):
                return content
            if self._digests() == digests:  # otherwise a process has just written the file
                raise self._damaged(name)

    def _bytes(self, name: str, limit: int, *, known: bool) -> bytes:
        try:
            return read_bytes(self._path / name, limit=limit)
        except (FileNotFoundError, NotADirectoryError) as error:
            if not known:
                raise FileNotFoundError(*error.args) from error
            raise self._damaged(name, "it is missing") from None
        except UnreadableError as error:
            raise self._damaged(name, str(error)) from error
        except OSError as error:
            raise self._damaged(name, f"it cannot be read: {error.strerror}") from error

    def _check(self, name: str, accepted: list[str]) -> None:
        try:
            check_file(self._path / name, limit=_FILE_BYTES)
            found = digest(self._path / name)
        except (FileNotFoundError, NotADirectoryError):
            raise self._damaged(name, "it is missing") from None
        except UnreadableError as error:
            raise self._damaged(name, str(error)) from error
        except OSError as error:
            raise self._damaged(name, f"it cannot be read: {error.strerror}") from error
        if found not in accepted:
            raise self._damaged(name)

    def _digests(self) -> Digests | None:
        """What digests.json holds; None without one."""
        file = self._path / FILE
        try:
            found = file.stat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            if version == self._parsed[0]:
                return dict(self._parsed[1])
            content = read_json(file, limit=_DIGESTS_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UserError) as error:
            raise self._damaged(FILE, "it cannot be read") from error
        if not isinstance(content, dict) or not all(
            isinstance(accepted, list) and all(isinstance(part, str) for part in accepted)
            for accepted in content.values()
        ):
            raise self._damaged(FILE)
        self._parsed = (version, content)
        return dict(content)

    def _present(self) -> Digests:
        found = {file for pattern in self._kept for file in self._path.glob(pattern) if file.is_file()}
        names = sorted(file.relative_to(self._path).as_posix() for file in found)
        return {name: [digest(self._path / name)] for name in names if name != FILE}

    def _write(self, digests: Digests) -> None:
        files.write_json(self._path / FILE, digests)

    def _damaged(self, name: str, how: str = "it differs from what was written") -> DamagedError:
        return DamagedError(
            f"{self._path / name} is damaged: {how}; restore it from a copy, or {self._remedy} (without {FILE}, the "
            "files are read as they are)"
        )


def digest(file: Path) -> str:
    """The digest of a file's content, which is mapped to memory, as safetensors and Arrow do to load it: a copy takes longer."""
    found = xxhash.xxh3_128()
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                for start in range(0, len(view), _BLOCK_BYTES):  # each without Python's lock
                    found.update(view[start : start + _BLOCK_BYTES])
    return found.hexdigest()


def digest_of(content: bytes) -> str:
    """The digest of a file with this content."""
    return xxhash.xxh3_128(content).hexdigest()
