"""What the source reads, against rows written by hand, and the message for what it cannot read."""

from pathlib import Path

import pytest

from tunesmith.errors import UserError
from tunesmith.skeletons.dataset import Skeleton


def test_rows(tmp_path: Path) -> None:
    file = tmp_path / "train.txt"
    file.write_text("__label__good a story\n\n__label__bad dull, and long\n", encoding="utf-8")
    source = Skeleton(train=str(file), validation=str(file), test=None)
    expected = [(1, {"text": "a story", "label": "good"}), (3, {"text": "dull, and long", "label": "bad"})]
    assert list(source.rows("train")) == expected and not source.mistakes(["text", "label"])
    assert source.where("train", 3) == f"{file}, line 3"


@pytest.mark.parametrize("line", ["no label", "__label__good", "__label__good   "])
def test_a_line_that_is_not_of_the_format_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "train.txt"
    file.write_text(f"__label__good a story\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 2: expected __label__NAME and a text"):
        list(Skeleton(train=str(file), validation=str(file), test=None).rows("train"))
