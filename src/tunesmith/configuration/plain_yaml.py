"""YAML of plain values: what is written is read back the same, and nothing in it is resolved or evaluated.

The rules for scalars are those of OmegaConf, which reads the files of conf/: YAML 1.1, except that `1e3` is a number and
`2024-01-31` a text. Texts that any reader could take for something else are quoted.
"""

import contextlib
import functools
import re
from typing import Any

from tunesmith.configuration.nesting import levels

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


_INDENTED = "\n" + 100 * " "
_LINE = re.compile(  # possessive, so a long line takes no more than a look at each character
    r"""\x20*+(?:-\x20){0,9}+(?:(?:[\w./-]++|"(?:[^"\\]|\\.)*+"):(?:\x20|$))?+
    (?:(?!-(?:\x20|$))[\w./+-][\w./\x20+-]*+|"(?:[^"\\]|\\.)*+"|'[\w./\x20+-]*+'|\[\]|\{\})?+""",
    re.VERBOSE | re.ASCII,
)
_DEEPEST = 100  # levels
_MOST = 200_000  # values, those of aliases counted wherever they stand
LONGEST_INTERPOLATED = 2_000  # characters of a text with interpolations, which OmegaConf's parser reads slowly
_INTERPOLATION = re.compile(r"\$\{|\}")
_INNER = 20  # interpolations in one another
_LONGEST_NUMBER = 400  # characters
_VALUES, _VALUES_OF_A_GROUP = 20_000, 10_000  # of a text: about a second; Hydra reads the files of groups once more


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
        InvalidError: if it is nested too deeply, or if its aliases make too many values of it.
    """
    import yaml

    loader = _classes()[0](text)  # a SafeLoader: no tag constructs an object
    try:
        if _is_plain(text):
            with contextlib.suppress(yaml.YAMLError):  # then PyYAML's own words say what is wrong
                return _load_quickly(text)
        node = _composed(loader, text, _VALUES)
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _load_quickly(text: str) -> Any:
    """The value, read by libyaml, five times as fast."""
    loader = _classes()[2](text)
    try:
        node = _composed(loader, text, _VALUES)
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _is_plain(text: str) -> bool:
    """Whether each line is such as `dump` writes: PyYAML and libyaml differ in odd ones, and libyaml has no limit on levels."""
    return _INDENTED not in text and all(map(_LINE.fullmatch, text.splitlines()))


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
        node = _composed(_classes()[0](text), text, _VALUES_OF_A_GROUP)
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


def _composed(loader: Any, text: str, most: int) -> Any:
    if text.count(",") + text.count("\n") > most:  # one of them ends every value
        raise InvalidError(f"it has more than {most:,} values or lines; expected a config", 1)
    if re.search(r"(?:[\[{]\s*){200}", text):  # PyYAML needs seconds to find out
        raise InvalidError("it is nested too deeply; expected a config", 1)
    try:
        node = loader.get_single_node()
        if node is not None:
            _extent(node, {}, 0)
    except RecursionError:
        raise InvalidError("it is nested too deeply; expected a config", 1) from None
    return node


def _extent(node: Any, known: dict[int, int], level: int) -> int:
    """The number of values of a node, whose aliases may make it larger than its text by any factor.

    Args:
        known: those of other nodes; 0 for a node that is being counted, and so contains itself.
    """
    line = node.start_mark.line + 1
    if level > _DEEPEST:
        raise InvalidError(f"it has more than {_DEEPEST} levels; expected a config", line)
    if id(node) in known:
        if not known[id(node)]:
            raise InvalidError("an alias refers to the node that it is in; write the value", line)
        return known[id(node)]
    known[id(node)] = 0
    count = 1
    if node.id == "scalar":
        if len(node.value) > _LONGEST_NUMBER and node.tag.rpartition(":")[2] in ("int", "float"):
            raise InvalidError(f"a number has {len(node.value):,} characters; expected {_LONGEST_NUMBER} at most", line)
    elif node.id == "sequence":
        count += sum(_extent(child, known, level + 1) for child in node.value)
    else:
        count += sum(_extent(child, known, level + 1) for pair in node.value for child in pair)
    if count > _MOST:
        raise InvalidError(f"its aliases make more than {_MOST:,} values of it; write the values", line)
    known[id(node)] = count
    return count


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

    if len(text) > LONGEST_INTERPOLATED or levels(text, _INTERPOLATION) > _INNER:
        raise InvalidError(
            f"{text[:40]!r}... has interpolations in {len(text):,} characters and {levels(text, _INTERPOLATION):,} levels; expected at most "
            f"{LONGEST_INTERPOLATED:,} and {_INNER}",
            line,
        )
    try:
        parse(text)
    except GrammarParseError as error:
        raise InvalidError(
            f"{text!r} is no valid interpolation; expected ${{key}} or ${{oc.env:NAME}}, or \\${{ for the characters themselves",
            line,
        ) from error


@functools.cache
def _classes() -> tuple[Any, Any, Any]:
    """The classes that read, write, and read quickly where PyYAML was built with libyaml."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    class QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
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
    QuickLoader.yaml_implicit_resolvers = Loader.yaml_implicit_resolvers
    Dumper.add_representer(str, _text)
    return Loader, Dumper, QuickLoader


def _text(dumper: Any, text: str) -> Any:
    """A text: as PyYAML writes it, with the quotes that show where an unusual one begins and ends."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _WORDS.fullmatch(text) else '"')
