"""A bundle as a file: a .zip archive, the same bytes for the same content, that ends with the digest of all its bytes.

Zip's own checksums cover contents only, neither names nor sizes, dates or modes. So the comment, which is the end of an
archive, holds the SHA-256 of everything before its digits. Who forges a bundle can forge it: it tells damage only.
"""

import contextlib
import hashlib
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.storage import disk_errors

COMMENT = b"tunesmith bundle, SHA-256 "
DIGITS = 64  # hexadecimal, of SHA-256
MOST_TIMES_SMALLER = 100  # what would be compressed more is stored, for unpacking takes it for a bomb
_BLOCK_BYTES = 2**20
_DATE = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
Content = bytes | Path  # a file that is too large for memory is copied


def write_archive(target: Path, contents: Mapping[str, Content]) -> None:
    """Write an archive, in the order given, which appears under its name only when it is complete.

    Args:
        target: must not exist.
        contents: by name, such as `runs/demo/0123456789/metrics.json`.

    Raises:
        UserError: if the file cannot be written.
    """
    draft = target.with_name(f".{target.name}-{secrets.token_hex(8)}.part")
    try:
        with disk_errors.explained(folder=target.parent, remedy=", or set output to another disk"):
            with draft.open("xb") as stream, zipfile.ZipFile(stream, "w") as archive:
                archive.comment = COMMENT + b"0" * DIGITS
                for name, content in contents.items():
                    _add(archive, name, content)
            digits = digest_before_comment(draft)
            with draft.open("r+b") as end:
                end.seek(-DIGITS, 2)
                end.write(digits)
            draft.rename(target)
    except OSError as error:
        raise UserError(f"output={target} cannot be written: {error.strerror}; choose a writable folder") from error
    finally:
        with contextlib.suppress(OSError):  # a folder that cannot be written to cannot be tidied up, and holds no draft
            draft.unlink(missing_ok=True)


def digest_before_comment(file: Path) -> bytes:
    """The SHA-256, in hexadecimal digits, of all bytes but the digits at the end."""
    found, left = hashlib.sha256(), file.stat().st_size - DIGITS
    with file.open("rb") as stream:
        while left > 0 and (block := stream.read(min(left, _BLOCK_BYTES))):
            found.update(block)
            left -= len(block)
    return found.hexdigest().encode()


def size_and_digest(content: Content) -> tuple[int, str]:
    """Number of bytes, and SHA-256 in hexadecimal digits."""
    found, size = hashlib.sha256(), 0
    for block in _blocks(content):
        found.update(block)
        size += len(block)
    return size, found.hexdigest()


def _add(archive: zipfile.ZipFile, name: str, content: Content) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.create_system, entry.external_attr = 3, _REGULAR_FILE  # Unix, whatever this machine is
    entry.compress_type = zipfile.ZIP_DEFLATED if _shrinks(name, content) else zipfile.ZIP_STORED
    with archive.open(entry, "w", force_zip64=isinstance(content, Path)) as stream:
        for block in _blocks(content):
            stream.write(block)


def _shrinks(name: str, content: Content) -> bool:
    """Whether compression is worth it, and not so strong that it looks like a bomb."""
    if name.endswith(".safetensors"):
        return False
    compressor, before, after = zlib.compressobj(wbits=-15), 0, 0
    for block in _blocks(content):
        before += len(block)
        after += len(compressor.compress(block))
    after += len(compressor.flush())
    return after < before <= after * MOST_TIMES_SMALLER


def _blocks(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block
