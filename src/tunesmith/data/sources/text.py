"""Plain text files for language models: an example is a line, a paragraph or a whole file."""

import glob
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tunesmith.data.sources import decoding, files
from tunesmith.errors.messages import did_you_mean

Location = tuple[str, int]  # a file, and the line where an example begins


class Text:
    """Examples of text files, read line by line; the only column is `text`.

    A split is a file, a folder (all .txt files below it, sorted), a glob pattern such as `corpus/**/*.md` (the matching
    files, sorted), or a list of these, read one after another.

    Args:
        train: the training text; null only for evaluation.
        validation: null to hold out a tenth of the training examples.
        test: null for no test split.
        encoding: of files without a byte-order mark; null for UTF-8.
        example: line (blank lines are skipped); paragraph, the lines between blank ones; or file, stripped.
    """

    def __init__(
        self,
        *,
        train: str | list[str] | None,
        validation: str | list[str] | None,
        test: str | list[str] | None,
        encoding: str | None,
        example: Literal["line", "paragraph", "file"],
    ) -> None:
        given = {"train": train, "validation": validation, "test": test}
        self._names = {
            split: [names] if isinstance(names, str) else names for split, names in given.items() if names is not None
        }
        self._files = {
            split: _once(file for name in names for file in find(name)) for split, names in self._names.items()
        }
        self._example, self._encoding = example, encoding
        self.holds_out = validation is None and train is not None
        self.splits = tuple(
            split for split in given if split in self._names or (split == "validation" and self.holds_out)
        )

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """Names without files, empty files, training files used for evaluation, unknown columns; one sentence each."""
        found = [
            f"text files have no column {column}; their only column is text{did_you_mean(column, ['text'])}"
            for column in columns
            if column != "text"
        ]
        for split, names in self._names.items():
            if not names:
                found.append(f"dataset.{split} is an empty list; expected files, folders or patterns")
            found += [_no_match(f"dataset.{split}", name) for name in names if not find(name)]
            found += [
                f"{file} is empty; expected text" for file in self._files[split] if not any(self._read(file, "line"))
            ]
            if names != self._names.get("train"):
                found += [
                    f"{file} is read for dataset.{split} and for dataset.train; exclude it from dataset.train"
                    for file in self._files[split]
                    if file.resolve() in {other.resolve() for other in self._files.get("train", [])}
                ]
        return found

    def fingerprint(self, split: str) -> str:
        """Identifies the split's content: its files in order, the kind of example, how rows are held out."""
        digests = " ".join(
            files.digest(file) + files.reading(file, encoding=self._encoding) for file in self._of(split)
        )
        whole = hashlib.blake2b(digests.encode(), digest_size=16).hexdigest()
        return f"{whole}-{self._example}-{split if self.holds_out else 'all'}"

    def rows(self, split: str) -> Iterator[tuple[Location, dict[str, Any]]]:
        """Examples of a split as (location, {"text": ...}); every tenth is held out if there is no validation split."""
        examples = (
            ((str(file), line), {"text": text})
            for file in self._of(split)
            for line, text in self._read(file, self._example)
        )
        return files.hold_out(examples, split) if self.holds_out else examples

    def where(self, split: str, row: Location) -> str:
        """The location of an example, for messages: `corpus/a.txt, line 17`."""
        return f"{row[0]}, line {row[1]}"

    def _read(self, file: Path, example: str) -> Iterator[tuple[int, str]]:
        return read(decoding.lines(file, encoding=self._encoding), example)

    def _of(self, split: str) -> list[Path]:
        return self._files[split if split in self._files else "train"]


def find(name: str) -> list[Path]:
    """The files that a file name, folder or glob pattern refers to, if any."""
    path = Path(name).expanduser()
    if path.is_file():
        return [path]
    inside = path.rglob("*.txt") if path.is_dir() else _matches(str(path))
    return _once(sorted(file for file in inside if file.is_file()))


def _once(files: Iterable[Path]) -> list[Path]:
    """Each file once: names and patterns may overlap, and `**` finds some twice."""
    found: dict[Path, Path] = {}
    for file in files:
        found.setdefault(file.resolve(), file)
    return list(found.values())


def _matches(pattern: str) -> Iterator[Path]:
    return map(Path, glob.iglob(pattern, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern


def read(lines: Iterator[str], example: str) -> Iterator[tuple[int, str]]:
    """Examples of a file's lines, each with the number of its first line."""
    pending: list[str] = []
    first = 0
    for number, line in enumerate(lines, start=1):
        blank = not line.strip()
        if pending and (example == "line" or (example == "paragraph" and blank)):
            yield first, "\n".join(pending)
            pending = []
        if pending or not blank:
            first = first if pending else number
            pending.append(line.rstrip("\r\n"))
    if pending:
        text = "\n".join(pending)
        yield first, text.strip() if example == "file" else text


def _no_match(setting: str, name: str) -> str:
    path = Path(name).expanduser()
    if path.is_dir():
        return (
            f"{setting}={name} is a folder without .txt files; expected at least one, or a pattern such as {path}/*.md"
        )
    if glob.has_magic(name):
        return (
            f"{setting}={name} matches no file; expected a pattern such as {path.parent}/*.txt (** matches subfolders)"
        )
    return files.missing_file(setting, path)
