"""The table holds what the manifest holds, and nothing that it does not."""

from tunesmith.analyses.data import LABELS, data_table


def test_each_count_is_in_its_cell():
    table = data_table(
        {
            "rows": {"train": 90, "test": 10},
            "notes": {"cut to 128 tokens": {"train": 3, "test": 0}, "empty texts": {"train": 0, "test": 0}},
            "labels": {"train": {"a": 50, "<b>$": 40}, "test": {"a": 10}},
            "warnings": ["label <b>$ never occurs in test"],
        }
    )
    assert list(table.headings) == ["", "train", "test"]
    assert list(map(list, table.rows)) == [
        ["examples", 90, 10],
        ["cut to 128 tokens", 3, 0],
        ["label a", 50, 10],
        ["label <b>$", 40, 0],
    ]
    assert table.note.endswith("label <b>$ never occurs in test.")


def test_many_labels_and_what_was_not_recorded():
    labels = {f"label {number}": number for number in range(LABELS + 7)}
    table = data_table({"rows": {"train": 1, "test": 1}, "labels": {"train": labels}})
    assert len(table.rows) == LABELS + 1 and "The 7 rarest labels are left out" in table.note
    assert ["label label 56", 56, None] in list(map(list, table.rows))  # labels of test were not counted
    for damaged in ({}, {"rows": None}, {"rows": {"train": "many"}}, {"rows": [1]}):
        assert data_table(damaged) is None
    assert len(data_table({"rows": {"train": 1}, "notes": [1], "labels": {"train": None}, "warnings": "w"}).rows) == 1
