"""Lines fit the terminal, whose width `COLUMNS` is, as for other programs."""

import pytest

from tests.sweeps.made import call
from tunesmith.errors.narrow import fitted

LISTED = """
head
  span      Start and end of an answer, and whether there is one
  no_words_that_one_could_cut_anywhere_here_at_all
  tunesmith train head=span dataset=squad_json dataset.train=a.json
      six blanks before a meaning, and as many on each line of it
"""
AT_40 = """
head
  span      Start and end of an answer,
            and whether there is one
  no_words_that_one_could_cut_anywhere_here_at_all
  tunesmith train head=span dataset=squad_json dataset.train=a.json
      six blanks before a meaning, and
      as many on each line of it
"""


@pytest.mark.parametrize("columns,expected", [("40", AT_40), ("200", LISTED), (None, LISTED)])
def test_words_are_wrapped_under_their_column_and_commands_stay(columns, expected, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    assert fitted(LISTED) == expected


@pytest.mark.parametrize("words", [["list"], ["list", "optimizer", "adamw"], ["train", "--help"], ["--help"]])
def test_what_is_listed_says_the_same_on_sixty_columns(words, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = call(*words).output
    monkeypatch.setenv("COLUMNS", "60")
    narrow = call(*words).output
    assert wide.split() == narrow.split()
    long = [line for line in narrow.splitlines() if len(line) > 60 and not line.startswith("  tunesmith ")]
    assert not [line for line in long if len(line.split()) > 2], long


def test_the_table_of_check_cuts_no_name_on_sixty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = call("check", "dataset.size=96").output
    assert "│ backbone.model.*.weight │" in shown and "learning" in shown
    assert max(map(len, [line for line in shown.splitlines() if "│" in line])) <= 60
