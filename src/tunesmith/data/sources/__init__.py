"""Sources: where rows come from, one file each.

A source has `splits`, `rows(split)` with (row number, record) pairs, `fingerprint(split)` that names the content,
`where(split, row)` for messages, and `mistakes(columns)`, found before anything is read in full.
"""
