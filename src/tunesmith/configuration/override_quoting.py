"""Adds the quotes that Hydra requires around overrides used as values: `backbone.after=[demo/dapt,seed=2]`."""


def readable(word: str) -> str:
    """`backbone.after=[demo/dapt,seed=2]` with the quotes that Hydra requires; other words unchanged."""
    key, equals, value = word.partition("=")
    if key.lstrip("+") != "backbone.after":
        return word
    return key + equals + ",".join(map(_quoted, _parts(value)))


def _quoted(part: str) -> str:
    part = part.strip()
    if part.startswith("[") and part.endswith("]"):
        return "[" + ",".join(map(_quoted, _parts(part[1:-1]))) + "]"
    override = "=" in part or part.startswith("~")
    unchanged = part[:1] in ("'", '"') or part.endswith(")")  # already quoted, or a Hydra function such as choice(...)
    return f"'{part}'" if override and not unchanged else part


def _parts(text: str) -> list[str]:
    """Split a text at the commas outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        depth += (character in "[({") - (character in "])}")
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts
