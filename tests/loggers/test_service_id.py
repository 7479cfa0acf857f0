"""An id is kept while it is one; whatever else a folder has in its place is replaced."""

import itertools

import pytest

from tunesmith.loggers.service_id import kept_id, recorded_id


def test_the_first_id_is_kept(tmp_path):
    numbers = (f"id-{number}" for number in itertools.count())
    assert [kept_id(tmp_path / "id.txt", lambda: next(numbers)) for _ in range(3)] == ["id-0"] * 3
    assert recorded_id(tmp_path / "id.txt") == "id-0"


@pytest.mark.parametrize("content", [b"", b"a\nb", b"../../run", b"\xff\xfe", b"a" * 65, b"a" * 10_000, b"a' OR 'b"])
def test_what_is_no_id_is_replaced(tmp_path, content):
    file = tmp_path / "id.txt"
    file.write_bytes(content)
    assert recorded_id(file) is None
    assert kept_id(file, lambda: "new") == "new" == recorded_id(file)
