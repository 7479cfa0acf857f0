"""CSV read back by the csv module: every digit, and no formula for a spreadsheet."""

import csv
import io

from tests.documents.made import HOSTILE, table
from tunesmith.documents.comma_separated import as_csv


def test_it_is_read_back_with_every_digit():
    rows = list(csv.reader(io.StringIO(as_csv(table()))))
    assert rows[0] == ["optimizer", "seeds", "test/f1", "test/f1 std", "optimizer.lr", HOSTILE]
    assert rows[1] == ["adamw", "5", "0.91234", "0.0123", "1.5e-05", ""]
    assert rows[2] == [HOSTILE, "3", "0.8", "", "nan", "'-x"]
    assert rows[3][0] == "'=1+1"
