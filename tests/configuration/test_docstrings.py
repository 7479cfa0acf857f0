"""Descriptions of arguments, against the examples of Google's style guide."""

from tunesmith.configuration.docstrings import arguments

GOOGLE = """Fetches rows from a Smalltable.

    Retrieves rows pertaining to the given keys. Note: not an argument.

    Args:
        table_handle: An open smalltable.Table instance.
        keys (list): A sequence of strings representing the key of each table
          row to fetch.  String keys will be UTF-8 encoded.
        require_all_keys: If True only
            rows with values set for all keys will be returned.

    Returns:
        a: dict mapping keys.
    """


def test_the_example_of_the_style_guide():
    assert arguments(GOOGLE) == {
        "table_handle": "An open smalltable.Table instance.",
        "keys": "A sequence of strings representing the key of each table row to fetch.  String keys will be UTF-8 encoded.",
        "require_all_keys": "If True only rows with values set for all keys will be returned.",
    }


def test_no_docstring_and_one_without_arguments():
    assert arguments(None) == arguments("One line.") == arguments("") == {}
