"""The quotes that Hydra's syntax wants around overrides that are values themselves: `backbone.after=[demo/dapt,seed=2]`."""


def readable(word: str) -> str:
    """`backbone.after=[demo/dapt,seed=2]` with the quotes that Hydra's syntax wants around an override; other words as they are."""
    key, equals, value = word.partition("=")
    if key.lstrip("+") != "backbone.after":
        return word
    return key + equals + ",".join(map(_quoted, _parts(value)))


def _quoted(part: str) -> str:
    part = part.strip()
    if part.startswith("[") and part.endswith("]"):
        return "[" + ",".join(map(_quoted, _parts(part[1:-1]))) + "]"
    override = "=" in part or part.startswith("~")
    left_alone = part[:1] in ("'", '"') or part.endswith(")")  # quoted already; choice(...) and the like are Hydra's
    return f"'{part}'" if override and not left_alone else part


def _parts(text: str) -> list[str]:
    """A text cut at the commas outside of brackets and quotes."""
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
