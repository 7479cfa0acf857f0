"""No text moves the cursor or reorders a line: all of Unicode's control characters and marks of direction are escaped."""

import io
import json
import logging
import os
import signal
import sys
import unicodedata

import pytest
from rich.table import Table
from rich.text import Text

from tunesmith.errors.exit_status import exit_status
from tunesmith.errors.terminal import Escaped, console, print_in_signal_handler, raw, safe, safe_output
from tunesmith.training.logging_setup import _Formatter
from tunesmith.training.lost_output import lost_output_is_survived


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


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_the_output_lacks(monkeypatch, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    data = "é ± … 😀 日本"
    table = Table()
    table.add_column(Text("0.5 ± 0.1 →"))
    with safe_output():
        print("0.5 ± 0.1 … 日本")
        console().print(Escaped(table))
        raw(sys.stdout).write(f'"{data}"\n')  # predictions in JSON lines
    shown = stream.buffer.getvalue().decode(encoding)
    assert json.loads(shown.splitlines()[-1]) == data and stream.errors == "strict"
    japanese = "日本" if encoding == "utf-8" else "\\u65e5\\u672c"
    own = "0.5 ± 0.1 …" if encoding == "utf-8" else "0.5 +- 0.1 ..."
    assert shown.startswith(f"{own} {japanese}\n") and ("+- 0.1 ->" in shown) == (encoding != "utf-8")


def test_colours_pass_all_layers(monkeypatch):
    """As in `tunesmith train`, whose output may be lost while it is also kept safe."""
    monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
    with safe_output(), lost_output_is_survived():
        raw(sys.stdout).write("\rdrawn\r")
        console(force_terminal=True, color_system="truecolor").print("table", style="red")
        print("\x1b[2J")
    shown = stream.getvalue()
    assert shown.startswith("\rdrawn\r\x1b[31mtable") and shown.endswith("\\u001b[2J\n")


def test_a_signal_in_the_middle_of_a_print(monkeypatch):
    """Python's buffer refuses the print of a handler that interrupts its own write."""
    reading, writing = os.pipe()

    class Interrupted(io.RawIOBase):
        def writable(self):
            return True

        def fileno(self):
            return writing

        def write(self, content):
            signal.raise_signal(signal.SIGUSR1)
            return os.write(writing, content)

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Interrupted()), encoding="utf-8"))
    before = signal.signal(signal.SIGUSR1, lambda *_: print_in_signal_handler("stopping ±"))
    try:
        print("epoch", flush=True)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert os.read(reading, 1000) == b"stopping ?\nepoch\n"
    os.close(reading)
    os.close(writing)


def test_a_record_of_a_log_is_one_record():
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "a\n2026 ERROR x: forged\x1b key=%s", ("hf_" + "a" * 20,), None
    )
    assert _Formatter("%(message)s").format(record) == "a\n    2026 ERROR x: forged\\u001b key=***"


def test_nesting_that_no_parser_survives(capsys):
    def deep():
        return deep()

    assert exit_status(deep) == 2 and "nested too deeply" in capsys.readouterr().err
