"""YAML of plain values: what is written is read back the same, and nothing in it is resolved or evaluated.

The rules for scalars are those of OmegaConf, which reads the files of conf/: YAML 1.1, except that `1e3` is a number and
`2024-01-31` a text. Texts that any reader could take for something else are quoted.
"""

import functools
import re
from typing import Any

# As in OmegaConf: unlike in YAML 1.1, a number needs neither a point nor a sign in its exponent.
_FLOAT = re.compile(
    r"""^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
    |\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$""",
    re.VERBOSE,
)
_WORDS = re.compile(r"[\w./ -]*")  # texts of these characters need no quotes, unless they are numbers or such
_SURPRISING = re.compile(r"[-+]?(0[0-7_]+|[0-9][0-9_]*(:[0-9.]+)+)")  # in base 8 or 60
_KINDS = {
    "scalar": ("str", "int", "float", "bool", "null", "merge", "value"),
    "sequence": ("seq",),
    "mapping": ("map",),
}


class InvalidError(ValueError):
    """A text is not YAML of plain values.

    Args:
        message: what is wrong.
        line: where, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def load(text: str) -> Any:
    """The value that a YAML text describes.

    Raises:
        yaml.YAMLError: if it is not valid.
    """
    import yaml

    return yaml.load(text, Loader=_classes()[0])  # noqa: S506  because it is a SafeLoader: no tag constructs an object


def dump(value: Any) -> str:
    """A value of dicts, lists, texts, numbers, booleans and None as YAML."""
    import yaml

    return yaml.dump(value, Dumper=_classes()[1], sort_keys=False, allow_unicode=True, width=10**9)


def nodes(text: str) -> Any:
    """The YAML nodes of a text, which know their lines; None if it is empty.

    Raises:
        InvalidError: if the text is not YAML, has a key twice or a tag, or if an interpolation is not closed.
    """
    import yaml

    try:
        node = yaml.compose(text, Loader=_classes()[0])
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = (
            "; indent with spaces, not tabs"
            if "'\\t'" in str(error.problem)
            else "; check indentation, quotes and brackets"
        )
        raise InvalidError(f"this is not valid YAML: {error.problem}{hint}", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise InvalidError(f"this is not valid YAML: {error}".replace("\n", " "), 1) from error
    _check(node, set())
    return node


def _check(node: Any, seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    line = node.start_mark.line + 1
    if node.tag.rpartition(":")[2] not in _KINDS[node.id]:
        raise InvalidError(f"the tag {node.tag} is not allowed; expected a plain value", line)
    if node.id == "scalar":
        if "${" in node.value:
            _check_interpolation(node.value, line)
        if node.tag.endswith((":int", ":float")) and _SURPRISING.fullmatch(node.value):
            raise InvalidError(
                f"YAML reads {node.value} as the number {load(node.value)}; write that number, or quotes for a text: "
                f"'{node.value}'",
                line,
            )
        return
    if node.id == "sequence":
        for child in node.value:
            _check(child, seen)
        return
    keys: set[str] = set()
    for key, value in node.value:
        if key.id != "scalar":
            raise InvalidError("a key is a list or a mapping; expected a name", line)
        if key.tag.endswith((":null", ":bool")):
            raise InvalidError(
                f"YAML reads the key {key.value} as {load(key.value)}; put it in quotes: '{key.value}'", line
            )
        if key.value in keys:
            raise InvalidError(f"the key {key.value} is given twice; remove one", key.start_mark.line + 1)
        keys.add(key.value)
        _check(value, seen)


def _check_interpolation(text: str, line: int) -> None:
    from omegaconf.errors import GrammarParseError
    from omegaconf.grammar_parser import parse

    try:
        parse(text)
    except GrammarParseError as error:
        raise InvalidError(
            f"{text!r} is no valid interpolation; expected ${{key}} or ${{oc.env:NAME}}, or \\${{ for the characters themselves",
            line,
        ) from error


@functools.cache
def _classes() -> tuple[Any, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for resolver in (Loader, Dumper):
        resolver.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
    Dumper.add_representer(str, _text)
    return Loader, Dumper


def _text(dumper: Any, text: str) -> Any:
    """A text: as PyYAML writes it, with the quotes that show where an unusual one begins and ends."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _WORDS.fullmatch(text) else '"')
