"""Opens a bundle that anybody may have made: nothing is written outside a new folder, and nothing but what it lists.

What archives are known to attack with is refused before anything is written: names that lead out, links and devices,
names given twice or equal but for upper case, contents that overlap or grow without end, counts that fill the memory.
"""

import hashlib
import json
import os
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from tunesmith.bundling.archive import COMMENT, DIGITS, MOST_TIMES_SMALLER, digest_before_comment
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed, shortened
from tunesmith.storage.bounded_files import UnreadableError, check_file, read_json
from tunesmith.storage.files import write_json
from tunesmith.storage.new_folder import new_folder

LISTING = "bundle.json"
FORMAT = 1
MOST_FILES = 200_000
_LISTING_BYTES = 64 * 2**20
_DIRECTORY_BYTES = 64 * 2**20  # of names, dates and sizes, which Python reads as a whole
_BYTES = 2**45
_BLOCK_BYTES = 2**20
_END, _END_64, _LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"  # signatures (APPNOTE.TXT 4.3.14 to 4.3.16)
_LONGEST = 200  # bytes of a part of a name, which a file system allows with some to spare
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


class BundleError(UserError):
    """A file is no bundle, is damaged, or is not as `tunesmith bundle` writes it."""


def unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack a bundle to a new folder, or check the one that it was unpacked to before.

    Args:
        file: the bundle.
        folder: appears only when it is complete.

    Returns:
        The content of bundle.json.

    Raises:
        BundleError: if the file is not as `tunesmith bundle` wrote it.
        UserError: if the folder has another content, or cannot be written.
    """
    with _opened(file) as (archive, listing):
        if folder.is_dir() and any(folder.iterdir()):
            if verified(folder) != listing:
                raise UserError(f"{folder} holds something else than {file}; set output_dir to a new folder")
            return listing
        needed = sum(size for size, _ in listing["files"].values())
        free = shutil.disk_usage(next(place for place in folder.absolute().parents if place.is_dir())).free
        if needed > free:
            raise UserError(
                f"{file} needs {needed:,} bytes unpacked, and {folder.parent} has {free:,} free; set output_dir to another disk"
            )
        with new_folder(str(folder)) as draft:
            write_json(draft / LISTING, listing)
            for name in listing["files"]:
                _extract(archive, name, listing["files"][name], draft / name, file)
    return listing


def check_archive(file: Path) -> None:
    """Check all of a bundle without writing anything; errors as in `unpack`."""
    with _opened(file) as (archive, listing):
        for name, (size, digest) in listing["files"].items():
            for _ in _content(archive, name, size, digest, file):
                pass


def verified(folder: Path) -> dict[str, Any]:
    """The content of the bundle.json of an unpacked bundle whose files are all as they were packed.

    Raises:
        BundleError: for the first that is not.
    """
    listing = _checked_listing(folder / LISTING, _read_listing(folder / LISTING))
    for name, (size, digest) in listing["files"].items():
        place = folder / name
        try:
            if any(part.is_symlink() for part in (place, *list(place.parents)[: name.count("/")])):
                raise BundleError(f"{place} is a link or below one; expected a file as it was unpacked")
            check_file(place, limit=_BYTES)
            with place.open("rb") as stream:
                found = place.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()
        except (OSError, UnreadableError) as error:
            raise BundleError(f"{place} cannot be read ({error}); unpack the bundle again") from None
        if found != (size, digest):
            raise BundleError(f"{place} is damaged: it differs from what was packed; unpack the bundle again")
    return listing


def _read_listing(file: Path) -> Any:
    try:
        return read_json(file, limit=_LISTING_BYTES)
    except (OSError, UnreadableError) as error:
        raise BundleError(f"{file} cannot be read ({error}); unpack the bundle again") from None


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The archive and its listing, checked but for the contents of the files."""
    try:
        check_file(file, limit=_BYTES)
        _check_digest(file)
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            yield archive, _listing(archive, file)
    except UnreadableError as error:
        raise BundleError(f"{error}; expected a file that tunesmith bundle has written") from None
    except FileNotFoundError as error:
        if error.filename is not None and Path(error.filename) != file:
            raise
        raise BundleError(
            f"{file} does not exist; expected a bundle, a run, a sweep or an experiment's folder"
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
        raise BundleError(f"{file} is not as tunesmith bundle writes it ({error}); ask for the file again") from None


def _check_digest(file: Path) -> None:
    length = len(COMMENT) + DIGITS
    with file.open("rb") as stream:
        start = stream.read(4)
        stream.seek(max(0, file.stat().st_size - length))
        comment = stream.read()
    if not comment.startswith(COMMENT):
        what = "is a zip archive, but not, or no longer, a whole bundle" if start == b"PK\3\4" else "is no bundle"
        raise BundleError(f"{file} {what}; expected a file that tunesmith bundle has written")
    if digest_before_comment(file) != comment[-DIGITS:]:
        raise BundleError(
            f"{file} is damaged: its content does not match the digest that it was written with; copy or download it again"
        )


def _check_directory(file: Path) -> None:
    """Check the size of the archive's directory before zipfile reads all of it into memory."""
    with file.open("rb") as stream:
        end = file.stat().st_size - len(COMMENT) - DIGITS - 22
        stream.seek(max(0, end - 20))
        tail = stream.read(42)
        if end < 0 or tail[-22:-18] != _END:
            raise BundleError(f"{file} is not as tunesmith bundle writes it: its directory is missing")
        entries, size = struct.unpack("<HI", tail[-12:-6])
        if tail[:4] == _LOCATOR_64:
            place = end - 20 - 56  # where Python reads it, whatever the locator says
            stream.seek(max(0, place))
            record = stream.read(56)
            if place < 0 or record[:4] != _END_64 or struct.unpack("<Q", tail[8:16]) != (place,):
                raise BundleError(f"{file} is not as tunesmith bundle writes it: its directory is missing")
            entries, size = struct.unpack("<QQ", record[32:48])
    if entries > MOST_FILES + 1 or size > _DIRECTORY_BYTES:
        raise BundleError(
            f"{file} lists {entries:,} files in {size:,} bytes; expected at most {MOST_FILES:,} in {_DIRECTORY_BYTES:,}"
        )


def _listing(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """bundle.json, which has to list exactly the other entries of the archive, each of which is harmless."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if not names or names[0] != LISTING:
        raise BundleError(f"{file} has no {LISTING}; expected a file that tunesmith bundle has written")
    for entry in entries:
        _check_entry(entry, file)
    check_plain_names(names, file)
    if entries[0].file_size > _LISTING_BYTES:
        raise BundleError(f"{file}: {LISTING} has {entries[0].file_size:,} bytes; expected at most {_LISTING_BYTES:,}")
    with archive.open(entries[0]) as stream:
        text = stream.read(_LISTING_BYTES + 1)
    try:
        listing = _checked_listing(file, json.loads(text))
    except (ValueError, RecursionError):
        raise BundleError(f"{file}: {LISTING} is not valid JSON; ask for the file again") from None
    sizes = {entry.filename: entry.file_size for entry in entries[1:]}
    different = sorted(sizes.items() ^ {(name, size) for name, (size, _) in listing["files"].items()})
    if different:
        raise BundleError(f"{file} holds other files than it lists: {listed(name for name, _ in different)}")
    total, packed = sum(sizes.values()), file.stat().st_size
    if total > packed * 2 * MOST_TIMES_SMALLER:
        raise BundleError(
            f"{file} has {packed:,} bytes and claims {total:,}; expected at most {2 * MOST_TIMES_SMALLER} times as many, "
            "so nothing is unpacked"
        )
    return listing


def _checked_listing(file: Path, listing: Any) -> dict[str, Any]:
    """The content of bundle.json, if it is one that this version reads."""
    form = listing.get("format") if isinstance(listing, dict) else None
    if isinstance(form, int) and form > FORMAT:
        raise BundleError(f"{file} is a bundle of format {form}; this version reads format {FORMAT}: update tunesmith")
    files = listing.get("files") if isinstance(listing, dict) else None
    if (
        form != FORMAT
        or not isinstance(files, dict)
        or len(files) > MOST_FILES
        or not all(map(_is_file, files.values()))
    ):
        raise BundleError(f"{file}: {LISTING} is not as tunesmith bundle writes it; ask for the file again")
    check_plain_names([LISTING, *files], file)
    texts = listing.get("left_out"), listing.get("blanked")
    if not all(isinstance(part, list) and all(isinstance(text, str) for text in part) for part in texts):
        raise BundleError(f"{file}: {LISTING} is not as tunesmith bundle writes it; ask for the file again")
    return dict(listing)


def _is_file(record: Any) -> bool:
    return (
        isinstance(record, list)
        and len(record) == 2
        and isinstance(record[0], int)
        and 0 <= record[0] <= _BYTES
        and isinstance(record[1], str)
    )


def _check_entry(entry: zipfile.ZipInfo, file: Path) -> None:
    shown = shortened(entry.filename)
    if entry.orig_filename != entry.filename:
        raise BundleError(f"{file}: the name {shown} is not a plain one")
    if not stat.S_ISREG(entry.external_attr >> 16) or entry.is_dir():
        raise BundleError(f"{file}: {shown} is a folder, a link or a device; expected files only")
    if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{file}: {shown} is encrypted or compressed otherwise than tunesmith bundle does")
    if entry.file_size > entry.compress_size * 2 * MOST_TIMES_SMALLER:
        raise BundleError(
            f"{file}: {shown} has {entry.compress_size:,} bytes and claims {entry.file_size:,}; expected at most "
            f"{2 * MOST_TIMES_SMALLER} times as many, so nothing is unpacked"
        )


def check_plain_names(names: list[str], file: Path) -> None:
    """Check that names are plain, each given once, and none a folder of another, also where upper case does not count.

    Raises:
        BundleError: if they are not.
    """
    folders, files = set[str](), set[str]()
    for name in names:
        if not _is_plain(name):
            raise BundleError(
                f"{file}: the name {shortened(name)} is not that of a file below the folder it is unpacked to"
            )
        folded = unicodedata.normalize("NFKC", name).casefold()
        if folded in files:
            raise BundleError(f"{file} holds two files {shortened(name)}, or two whose names differ in upper case only")
        files.add(folded)
        folders |= {str(folder) for folder in PurePosixPath(folded).parents}
    if both := sorted(files & folders):
        raise BundleError(f"{file}: {shortened(both[0])} is both a file and a folder")


def _is_plain(name: str) -> bool:
    return len(name) <= 1000 and all(
        part not in ("", ".", "..")
        and len(os.fsencode(part)) <= _LONGEST
        and part.isprintable()
        and not part.endswith((".", " "))
        and not set(part) & set('\\:*?"<>|')
        and part.partition(".")[0].casefold() not in _RESERVED
        for part in name.split("/")
    )


def _extract(archive: zipfile.ZipFile, name: str, record: tuple[int, str], target: Path, file: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        for block in _content(archive, name, *record, file):
            stream.write(block)


def _content(archive: zipfile.ZipFile, name: str, size: int, digest: str, file: Path) -> Iterator[bytes]:
    """The blocks of an entry, at most as many bytes as it lists; checked at the end."""
    found, left = hashlib.sha256(), size
    with archive.open(name) as stream:
        while block := stream.read(min(_BLOCK_BYTES, left + 1)):
            left -= len(block)
            if left < 0:
                break
            found.update(block)
            yield block
    if left or found.hexdigest() != digest:
        raise BundleError(f"{file}: {shortened(name)} is not what the bundle lists; ask for the file again")
