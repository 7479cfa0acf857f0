"""What differs between two manifests: a difference of scores has its cause among these, or is a fault."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration import Config

# What decides which bits arithmetic gives. Other packages are listed, but change no number that is known.
_DECISIVE = ("versions", "hardware", "git", "plugins", "data", "model", "trainer")
_ABSENT = "-"
Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A part of two manifests, such as `versions.torch`, and both values."""

    key: str
    before: str
    after: str

    @property
    def decisive(self) -> bool:
        """Whether numbers may differ by it."""
        return self.key.partition(".")[0] in _DECISIVE

    def __str__(self) -> str:
        return f"{self.key}: {self.before} -> {self.after}"


def differences(before: Manifest, after: Manifest) -> list[Difference]:
    """Where the manifest of a repeated run differs from the recorded one, decisive parts first.

    What an earlier version did not record is not compared.
    """
    found = []
    for key, first, second in _pairs(before, after):
        if first != second:
            found.append(Difference(key, _shown(first), _shown(second)))
    return found


def bitwise_expected(found: list[Difference], recorded: Manifest, config: Config) -> bool:
    """Whether a repeated run has to give the same bits: nothing decisive differs, and nothing leaves the order of sums open.

    Args:
        found: between the manifests.
        recorded: the manifest of the original.
        config: of the run.
    """
    hardware = recorded.get("hardware")
    if not isinstance(hardware, dict) or not isinstance(recorded.get("versions"), dict):
        return False  # its machine is unknown
    trainer = config["trainer"]
    on_gpu = bool(hardware.get("gpus")) and trainer.get("accelerator") != "cpu"
    return not any(part.decisive for part in found) and (not on_gpu or bool(trainer.get("deterministic")))


def _pairs(before: Manifest, after: Manifest) -> Iterator[tuple[str, Any, Any]]:
    for group in ("versions", "hardware"):
        yield from _parts(group, before.get(group), after.get(group))
    first, second = before.get("git"), after.get("git")
    if isinstance(first, dict) and isinstance(second, dict):  # an installed package has no repository
        yield from _parts("git", first, second)
    yield from _parts("plugins", before.get("plugins"), after.get("plugins"))
    yield from _parts("data", *(part(part(side, "data"), "fingerprints") for side in (before, after)))
    yield from _parts(
        "model",
        *(
            {key: part(side, "model").get(key) for key in ("parameters", "tokenizer", "commit")}
            for side in (before, after)
        ),
    )
    known = set(part(before, "versions"))
    others = [
        {key: value for key, value in part(side, "packages").items() if key not in known} for side in (before, after)
    ]
    if all(others):
        yield from _parts("packages", *others)


def _parts(group: str, first: Any, second: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts that were recorded before, and those that are new beside them."""
    if isinstance(first, dict) and first and isinstance(second, dict):
        for key in dict.fromkeys([*first, *second]):
            if group in ("plugins", "packages", "data") or first.get(key) is not None:
                yield f"{group}.{key}", first.get(key), second.get(key)


def part(node: Any, key: str) -> dict[str, Any]:
    """A part of a manifest; empty if it is missing, or not as a run writes it."""
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, dict) else {}


def _shown(value: Any) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
