"""Sources: where rows come from, one file each.

A source has `splits`, `rows(split)` with (row number, record) pairs, `fingerprint(split)` that identifies the content,
`where(split, row)` for messages, and `mistakes(columns)`, which are found without reading every row.
It may have `notes()`, a count in each split of each thing worth noting, and `warnings()`, sentences; both are asked after
all rows have been read.
"""
