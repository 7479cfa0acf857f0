"""`tunesmith bundle`: packs what another person needs to check a paper's table."""

from pathlib import Path

from tunesmith.commands.key_values import KeyValues, unknown_keys
from tunesmith.errors import UserError

_KEYS = ("output", "weights", "predictions")
_SHOWN = 20  # things left out


def run(arguments: list[str]) -> int:
    """Write the bundle; print what it holds and what was left out."""
    given = KeyValues.of(arguments, _KEYS)
    places, values, mistakes = given.places, given.values, unknown_keys(given.others, _KEYS) + given.mistakes
    mistakes += [
        f"{key}={values[key]}; expected true or false"
        for key in ("weights", "predictions")
        if values.get(key, "true") not in ("true", "false", "")
    ]
    if not places:
        mistakes.append("bundle needs at least one folder: tunesmith bundle runs/sweeps/ID output=paper.zip")
    if values.get("output") != "" and not values.get("output", "").endswith(".zip"):
        mistakes.append(f"output={values.get('output', '')}; expected the name of a new file: output=paper.zip")
    output = Path(values.get("output", "")).expanduser()
    if not mistakes and (output.exists() or output.is_symlink()):
        mistakes.append(f"output={output} exists; choose another name, or remove it")
    if not mistakes and not output.absolute().parent.is_dir():
        mistakes.append(f"output={output}: there is no folder {output.parent}; expected a file in a folder that exists")
    if mistakes:
        raise UserError(mistakes)
    from tunesmith.bundling.bundle import Bundle

    bundle = Bundle(weights=values.get("weights") == "true", predictions=values.get("predictions") != "false")
    bundle.add(places)
    bundle.write(output)
    runs = len(bundle.runs)
    print(f"{output}: {runs:,} run{'s' * (runs != 1)}, {len(bundle.files):,} files, {output.stat().st_size:,} bytes")
    for line in bundle.left_out[:_SHOWN]:
        print(f"Left out: {line}")
    if len(bundle.left_out) > _SHOWN:
        print(f"... and {len(bundle.left_out) - _SHOWN:,} more; bundle.json lists all")
    for line in bundle.blanked:
        print(f"Blanked (***), for it looks like a key: values in {line}")
    print(f"To check it elsewhere: tunesmith reproduce {output.name} check=true")
    return 0
