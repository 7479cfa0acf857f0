"""Texts and pairs of texts have the ids that Hugging Face's tokenizer gives them, and at least one."""

import pytest

from tests.data.small_tokenizers import FAMILIES, small_tokenizer
from tunesmith.data.encoding.texts import as_text, encode_texts

FIRST = ["Ada met Bo", "one two three four " * 10, "Ada", ""]
SECOND = ["who ?", "Bo", "the old mill " * 10, "four"]


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_ids_types_and_what_is_cut(family, pair):
    tokenizer, columns = small_tokenizer(family), (FIRST, SECOND) if pair else (FIRST,)
    found = encode_texts(*columns, tokenizer=tokenizer, max_length=20)
    whole = tokenizer(*columns)
    for number in range(len(FIRST)):
        texts = [column[number] for column in columns]
        one = tokenizer(*texts, truncation="longest_first", max_length=20)
        ids = one["input_ids"]
        if not ids:  # GPT-2 has no token for an empty text
            ids = tokenizer(".", add_special_tokens=False)["input_ids"]
            assert found.input_ids[number] == ids and len(ids) == 1
            continue
        assert found.input_ids[number] == ids and 0 < len(ids) <= 20
        assert found.truncated[number] == (len(whole["input_ids"][number]) > 20)
        if "token_type_ids" in one:
            assert found.token_type_ids[number] == one["token_type_ids"]
    assert len(found.token_type_ids) == (len(FIRST) if "token_type_ids" in whole else 0)


def test_a_text_without_any_token_is_unknown():
    """Of a tokenizer that knows no full stop and adds no special tokens."""

    class Bare:
        unk_token_id = 9

        def __call__(self, texts, **options):
            class Found(dict):
                encodings = [type("Encoding", (), {"overflowing": []})() for _ in texts]

            rows = [[] for _ in texts]
            return Found(input_ids=rows if isinstance(texts, list) else [], token_type_ids=rows)

    found = encode_texts(["", ""], tokenizer=Bare(), max_length=4)
    assert found.input_ids == [[9], [9]] and found.token_type_ids == [[0], [0]] and found.truncated == [False, False]


def test_missing_cells_are_empty_texts():
    assert [as_text(cell) for cell in (None, "", "a", 0, 1.5, False)] == ["", "", "a", "0", "1.5", "False"]
