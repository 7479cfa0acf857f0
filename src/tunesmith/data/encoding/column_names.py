"""Names of columns that a task needs for itself: a text under such a name would be overwritten."""

from collections.abc import Collection, Mapping

from tunesmith.errors import UserError


def check_columns(columns: Mapping[str, str | None], own: Collection[str]) -> None:
    """Check the columns of a task's texts.

    Args:
        columns: the names, by the settings of `dataset` that have them.
        own: names that encoded examples and predictions have for something else.

    Raises:
        UserError: for a name that is taken, or the same one twice.
    """
    mistakes = [
        f"dataset.{setting} is {column}, which predictions have for something else; rename the column in the data"
        for setting, column in columns.items()
        if column in own
    ]
    given = [column for column in columns.values() if column is not None]
    twice = {
        column: [setting for setting, other in columns.items() if other == column]
        for column in given
        if given.count(column) > 1
    }
    mistakes += [
        f"{' and '.join(f'dataset.{name}' for name in settings)} are both {column}; expected two columns"
        for column, settings in twice.items()
    ]
    if mistakes:
        raise UserError(mistakes)
