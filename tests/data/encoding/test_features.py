"""Arrow types: token ids are stored in two bytes as long as every id fits."""

from types import SimpleNamespace

import datasets
import pytest

from tunesmith.data.encoding.features import input_types


def tokenizer_of(size, *names):
    class Tokenizer(SimpleNamespace):
        __len__ = lambda self: size  # noqa: E731

    return Tokenizer(model_input_names=["input_ids", *names])


@pytest.mark.parametrize("size", [400, 2**16 - 1, 2**16, 2**16 + 1, 250_000])
def test_every_id_of_a_vocabulary_is_stored_in_as_few_bytes_as_needed(size):
    types = datasets.Features(input_types(tokenizer_of(size, "token_type_ids")))
    row = {"example": 2**31 - 1, "length": 2**31 - 1, "input_ids": [0, size - 1], "token_type_ids": [0, 4]}
    table = datasets.Dataset.from_list([row], features=types)
    assert table[0] == row
    widths = {name: table.data.table.schema.field(name).type for name in row}
    assert widths["input_ids"].value_type.bit_width == (16 if size <= 2**16 - 1 else 32)
    assert widths["token_type_ids"].value_type.bit_width == 8
    assert widths["example"].bit_width == widths["length"].bit_width == 32


def test_a_model_without_types_has_no_column_of_them():
    assert "token_type_ids" not in input_types(tokenizer_of(400))
