"""A bundle's file: the same bytes for the same content, readable by any zip program, and every damage is noticed."""

import hashlib
import zipfile
import zlib

import pytest

from tunesmith.bundling.archive import write_archive
from tunesmith.bundling.unpack import LISTING, BundleError, check_archive, unpack, verified
from tunesmith.errors import UserError
from tunesmith.storage.files import as_json

CONTENTS = {"a/one.txt": b"one\n" * 50, "b.json": b"{}", "zeros": bytes(100_000), "empty": b""}


def listing(contents, **changes):
    files = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in contents.items()}
    return {"format": 1, "tunesmith": "1", "left_out": [], "blanked": [], "data": {}, "files": files} | changes


def made(target, contents=CONTENTS, **changes):
    write_archive(target, {LISTING: as_json(listing(contents, **changes)).encode()} | contents)
    return target


def test_the_same_bytes_that_any_program_reads(tmp_path):
    large = tmp_path / "large"
    large.write_bytes(CONTENTS["zeros"])
    first, second = made(tmp_path / "1.zip"), made(tmp_path / "2.zip")
    write_archive(tmp_path / "3.zip", {LISTING: as_json(listing(CONTENTS)).encode()} | CONTENTS | {"zeros": large})
    assert first.read_bytes() == second.read_bytes()
    check_archive(tmp_path / "3.zip")
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in CONTENTS} == CONTENTS
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [entry.filename for entry in archive.infolist()] == [LISTING, *CONTENTS]
        assert archive.comment.endswith(hashlib.sha256(first.read_bytes()[:-64]).hexdigest().encode())
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_unpacked_as_it_was_packed_and_again(tmp_path):
    file, folder = made(tmp_path / "x.zip"), tmp_path / "x"
    assert unpack(file, folder) == listing(CONTENTS)
    assert {name: (folder / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert unpack(file, folder) == listing(CONTENTS) == verified(folder)
    (folder / "b.json").write_text("[]")
    with pytest.raises(BundleError, match=r"b\.json is damaged"):
        unpack(file, folder)
    (folder / "b.json").unlink()
    with pytest.raises(BundleError, match=r"b\.json cannot be read"):
        verified(folder)
    other = tmp_path / "other"
    unpack(made(tmp_path / "y.zip", {"c": b"3"}), other)
    with pytest.raises(UserError, match="holds something else"):
        unpack(file, other)


def test_every_flipped_bit_is_noticed(tmp_path):
    contents = {"a": b"text " * 4, "b": b"0"}
    file = made(tmp_path / "x.zip", contents)
    check_archive(file)
    content = file.read_bytes()
    damaged = tmp_path / "damaged.zip"
    for position in range(len(content)):
        for bit in (1 << position % 8, 32):  # 32 turns a lower case letter into an upper case one
            damaged.write_bytes(content[:position] + bytes([content[position] ^ bit]) + content[position + 1 :])
            with pytest.raises(BundleError):
                check_archive(damaged)
    for part in (content[:-1], content[1:], content + b"0", content[:100], b"", content * 2):
        damaged.write_bytes(part)
        with pytest.raises(BundleError):
            check_archive(damaged)


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\3\4", b"PK\5\6" + bytes(18)])
def test_what_is_no_bundle(tmp_path, content):
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    with pytest.raises(BundleError, match="expected a file that tunesmith bundle has written"):
        check_archive(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(BundleError, match="is a zip archive, but not"):
        check_archive(file)
    with pytest.raises(BundleError, match="is a folder"):
        check_archive(tmp_path)
    with pytest.raises(BundleError, match="does not exist"):
        check_archive(tmp_path / "none.zip")


def test_what_compresses_like_a_bomb_is_stored(tmp_path):
    file = made(tmp_path / "x.zip", {"zeros": bytes(10**6), "text": b"some text, " * 20})
    with zipfile.ZipFile(file) as archive:
        kinds = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert len(zlib.compress(bytes(10**6))) * 100 < 10**6
    assert kinds["zeros"] == zipfile.ZIP_STORED and kinds["text"] == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize(
    "changes", [{"format": 0}, {"format": None}, {"files": []}, {"left_out": "x"}, {"blanked": [1]}]
)
def test_a_listing_that_is_none(tmp_path, changes):
    with pytest.raises(BundleError, match="not as tunesmith bundle writes it"):
        check_archive(made(tmp_path / "x.zip", **changes))


def test_a_later_format(tmp_path):
    with pytest.raises(BundleError, match="is a bundle of format 2; this version reads format 1"):
        check_archive(made(tmp_path / "x.zip", format=2))


def test_files_that_are_not_listed_and_the_reverse(tmp_path):
    other = {"a": b"1"}
    for contents, listed in (({"a": b"1", "b": b"2"}, other), (other, {"a": b"1", "b": b"2"}), (other, {"a": b"22"})):
        target = tmp_path / "x.zip"
        target.unlink(missing_ok=True)
        write_archive(target, {LISTING: as_json(listing(listed)).encode()} | contents)
        with pytest.raises(BundleError, match="holds other files than it lists"):
            check_archive(target)
    target.unlink()
    write_archive(target, {LISTING: as_json(listing(other)).encode(), "a": b"2"})
    with pytest.raises(BundleError, match="a is not what the bundle lists"):
        unpack(target, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_disk_without_space(tmp_path, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10))
    with pytest.raises(UserError, match=r"and .* has 10 free; set output_dir to another disk"):
        unpack(made(tmp_path / "x.zip"), tmp_path / "x")


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match=r"cannot be written|does not exist|No such file"):
        write_archive(tmp_path / "none/x.zip", {"a": b""})


def test_a_disk_that_is_mounted_read_only(tmp_path, monkeypatch):
    """Neither can a draft be written there nor, which was a traceback, removed: unlink fails even for what does not exist."""
    import errno
    import os
    from pathlib import Path

    def refused(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(UserError, match="Read-only file system"):
        write_archive(tmp_path / "x.zip", {"a": b""})
