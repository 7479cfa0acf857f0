"""What a bundle does not tell: keys, and who and where somebody is (a home folder has the name of its owner).

Records of how a run was made are blanked and say so. Data (predictions, tables) is never changed: it is refused instead.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tunesmith.configuration.secrets import BLANK, is_secret, without_secrets

# Those of other machines too: runs are often packed elsewhere than they were trained.
_HOMES = r"/(?:home|Users)/[^/\s\"':,;|\]\[(){}<>]+|[A-Za-z]:\\Users\\[^\\\s\"']+|/root"
_VERSION = re.compile(r"v?\d+(\.\w+)+\S*")  # of a package such as python-secretstorage


class Blanking:
    """Blanks values of configs and records, and counts what it has found.

    Args:
        home: the home folder of who packs.
    """

    def __init__(self, home: Path) -> None:
        own = [re.escape(str(home))] if len(home.parts) > 1 else []
        self._homes = re.compile(rf"(?<![\w.~/-])(?:{'|'.join([*own, _HOMES])})(?![\w.-])")
        self.keys = 0
        self.homes = 0

    def value(self, value: Any, name: str = "") -> Any:
        """A plain value with `~` in place of home folders and `***` in place of keys, at any depth.

        Args:
            name: the key that the value stands under.
        """
        if isinstance(value, dict):
            return {
                self.text(key) if isinstance(key, str) else key: self.value(part, str(key))
                for key, part in value.items()
            }
        if isinstance(value, list):
            return [self.value(part, name) for part in value]
        if not isinstance(value, str):
            return value
        if value not in ("", BLANK) and is_secret(name, "") and not _VERSION.fullmatch(value):
            self.keys += 1
            return BLANK
        return self.text(value)

    def text(self, text: str) -> str:
        """A text, likewise."""
        shown = without_secrets(text)
        self.keys += shown != text
        shown, count = self._homes.subn("~", shown)
        self.homes += count
        return shown


def lines_with_keys(lines: Iterable[str], home: Path) -> Iterator[int]:
    """Numbers, from 1, of lines that hold what looks like a key, or the packer's home folder."""
    own = str(home) if len(home.parts) > 1 else None
    for number, line in enumerate(lines, start=1):
        if without_secrets(line) != line or (own is not None and own in line):
            yield number
