"""What the pages tell a reader to type: the commands, settings and Python of README.md and docs/."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_CUTS = {"|", "<", ">", ">>", "&&"}  # what a shell reads itself
_TYPED = {"words", "tunesmith", "metrics"}  # columns
_PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b|\.\.\.")  # COLUMN, FILE


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, without the indentation of a list."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found if name == language]


def lines(page: Path) -> list[str]:
    """The lines of its shell blocks, continued ones as one, without comments."""
    text = "\n".join(blocks(page, "bash")).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def commands(page: Path) -> list[list[str]]:
    """The words after `tunesmith` of each of its commands, as a shell passes them."""
    found = []
    for line in lines(page):
        words = shlex.split(line, comments=True)
        while words:
            end = next((number for number, word in enumerate(words) if word in _CUTS), len(words))
            if words[:1] == ["tunesmith"]:
                found.append(words[1:end])
            words = words[end + 1 :]
    return found


def settings(page: Path) -> list[list[str]]:
    """The words of each code span that is nothing but settings: `seed=1`, `-m seed=1,2`; without those with a placeholder.

    Of a table whose heading says which columns are to be typed, the others are left out: they have other programs' names.
    """
    found: list[list[str]] = []
    columns: list[int] | None = None
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for line in text.splitlines():
        shown = line
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if columns is None:
                columns = [number for number, cell in enumerate(cells) if cell in _TYPED] or list(range(len(cells)))
            shown = " ".join(cells[number] for number in columns)
        else:
            columns = None
        for span in re.findall(r"`([^`]+)`", shown):
            if re.fullmatch(
                r"(-m )?[a-z_]+[./a-z_0-9]*=\S+( [a-z_]+[./a-z_0-9]*=\S+)*", span
            ) and not _PLACEHOLDER.search(span):
                found.append(shlex.split(span))
    return found
