"""No text moves the cursor or reorders a line: all of Unicode's control characters and marks of direction are escaped."""

import io
import json
import logging
import sys
import unicodedata

from rich.table import Table
from rich.text import Text

from tunesmith.errors.exit_status import exit_status
from tunesmith.errors.terminal import Escaped, console, raw, safe, safe_output
from tunesmith.training.logging_setup import _Formatter


def test_every_character_of_unicode():
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        obeyed = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\n\t"
        if obeyed or unicodedata.bidirectional(character) in directions:
            assert safe(character) == f"\\u{number:04x}" and json.loads(f'"{safe(character)}"') == character


def test_prints_and_tables(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    table = Table(title=Text("\x1b[2J"))
    table.add_column(Text("[red]"))
    table.add_row(Text("a\u202eb"))
    with safe_output():
        print("\x1b[31mé\n")
        console(force_terminal=True, color_system="truecolor").print(Escaped(table), style="red")
        raw(sys.stdout).write("\x1b[0m")  # on purpose
    assert sys.stdout is stream
    shown = stream.getvalue()
    assert shown.startswith("\\u001b[31mé\n\n") and "\\u001b[2J" in shown and "a\\u202eb" in shown and "[red]" in shown
    assert "\x1b[31m" in shown.partition("é")[2]  # rich's own colour


def test_a_record_of_a_log_is_one_record():
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "a\n2026 ERROR x: forged\x1b key=%s", ("hf_" + "a" * 20,), None
    )
    assert _Formatter("%(message)s").format(record) == "a\n    2026 ERROR x: forged\\u001b key=***"


def test_nesting_that_no_parser_survives(capsys):
    def deep():
        return deep()

    assert exit_status(deep) == 2 and "nested too deeply" in capsys.readouterr().err
