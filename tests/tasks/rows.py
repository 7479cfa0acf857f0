"""A source of rows that are in memory."""


class Rows:
    def __init__(self, **splits):
        self._rows = splits
        self.splits = tuple(splits)

    def rows(self, split):
        return iter(enumerate(self._rows[split], start=1))

    def where(self, split, row):
        return f"{split}, row {row}"
