"""What a reader wants to know of recorded runs before training them again: is all of it here, what differs, what does it cost."""

from collections.abc import Sequence

from tunesmith.errors import UserError
from tunesmith.reproducing.differences import differences, part
from tunesmith.reproducing.original import Original
from tunesmith.reproducing.relocation import Relocation, fingerprints
from tunesmith.reproducing.reproduce import prepared

_SHOWN = 20


def print_checked(originals: Sequence[Original], relocation: Relocation) -> bool:
    """Print it, without training; true if nothing is missing."""
    print(f"{len(originals):,} completed run{'s' * (len(originals) != 1)}: {_seeds(originals)}")
    print(_cost(originals))
    try:
        prepared(originals, relocation, None)
    except UserError as error:
        missing = error.mistakes
    else:
        missing = []
    for line in _different(originals)[:_SHOWN]:
        print(f"Differs: {line}")
    for line in missing[:_SHOWN]:
        print(f"Missing: {line}")
    if len(missing) > _SHOWN:
        print(f"... and {len(missing) - _SHOWN:,} more")
    print("Nothing is missing: data, models and code are here." if not missing else "Not all that is needed is here.")
    return not missing


def _seeds(originals: Sequence[Original]) -> str:
    counts = sorted({len(original.seeds) for original in originals})
    shown = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{shown} comparable seed{'s' * (counts[-1] != 1)} of each configuration"


def _cost(originals: Sequence[Original]) -> str:
    known = [
        original.manifest["seconds"]
        for original in originals
        if isinstance(original.manifest.get("seconds"), int | float)
    ]
    if not known:
        return "How long they took is not recorded"
    about = "" if len(known) == len(originals) else f" ({len(known):,} of them recorded it)"
    processors = {str(part(original.manifest, "hardware").get("processor") or "") for original in originals}
    named = ", ".join(sorted(processors - {""})) or "a processor that is not recorded"
    return f"They took {sum(known):,.0f} s{about} on {named}"


def _different(originals: Sequence[Original]) -> list[str]:
    """What differs between the recorded machines, versions and code, and those of this machine."""
    from tunesmith.runs.manifest import manifest
    from tunesmith.runs.plugin_files import plugins

    found: dict[str, None] = {}
    here = manifest(data={}, model={}, plugins={}, smaller_is_better=[])
    for original in originals:
        if original.manifest:
            recorded = {
                "data": {"fingerprints": fingerprints(original.manifest)},
                "model": original.manifest.get("model"),
            }
            own = plugins(original.config) if original.manifest.get("plugins") else {}
            hardware = {**here["hardware"], "threads": part(original.manifest, "hardware").get("threads")}
            after = here | recorded | {"plugins": own, "hardware": hardware}
            found |= dict.fromkeys(str(difference) for difference in differences(original.manifest, after))
    return list(found)
