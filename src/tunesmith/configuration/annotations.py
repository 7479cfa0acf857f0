"""The annotation of a setting as a type, read from the syntax tree: no text of a source file is evaluated.

An annotation may name the types of `tunesmith.configuration.ranges` and the plain ones of Python, join them with `|`, and
subscript them: `PositiveInt | None`, `list[str]`, `Literal["a", "b"]`, `Annotated[int, Gt(0), Le(2**8)]`.
"""

import ast
import operator
from collections.abc import Callable
from functools import reduce
from typing import Annotated, Any, Literal, Optional, Union

from tunesmith.configuration import ranges

_LIMITS = {name: value for name, value in vars(ranges).items() if name in ("Ge", "Gt", "Le", "Len", "Lt")}
_TYPES: dict[str, Any] = {
    name: value for name, value in vars(ranges).items() if not name.startswith("_") and name not in _LIMITS
}
_TYPES |= {kind.__name__: kind for kind in (int, float, str, bool, list, dict, tuple)}
_TYPES |= {"Any": Any, "Literal": Literal, "Optional": Optional, "Union": Union}
_NUMBERS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LARGEST = 1024  # base and exponent of a power that is computed


class UnreadableError(ValueError):
    """An annotation is not made of the known types; the message is the part that is not."""


def read(node: ast.expr) -> Any:
    """The type that an annotation describes, for pydantic.

    Raises:
        UnreadableError: for anything but known names, `|`, subscripts and constants.
    """
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, ast.Name) and node.id in _TYPES:
        return _TYPES[node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return read(node.left) | read(node.right)
    if isinstance(node, ast.Subscript):
        return _subscripted(node)
    raise UnreadableError(ast.unparse(node))


def _subscripted(node: ast.Subscript) -> Any:
    kind = read(node.value)
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if kind is Literal:
        return Literal[tuple(map(_constant, parts))]
    if kind is Annotated:
        if len(parts) < 2:
            raise UnreadableError(ast.unparse(node))
        return Annotated[(read(parts[0]), *map(_limit, parts[1:]))]
    arguments = [... if isinstance(part, ast.Constant) and part.value is ... else read(part) for part in parts]
    if kind is Union:
        return reduce(operator.or_, arguments)
    try:
        return kind[tuple(arguments) if len(arguments) > 1 else arguments[0]]
    except TypeError:  # int[str]
        raise UnreadableError(ast.unparse(node)) from None


def _limit(node: ast.expr) -> Any:
    """A limit of `Annotated`, such as `Gt(0)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _LIMITS:
        raise UnreadableError(ast.unparse(node))
    named = {str(keyword.arg): _constant(keyword.value) for keyword in node.keywords}
    return _LIMITS[node.func.id](*map(_constant, node.args), **named)


def _constant(node: ast.expr) -> Any:
    """A constant, or a number computed from some: `-1`, `2**32`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_number(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left), _number(node.right)
        if type(node.op) in _NUMBERS:
            return _NUMBERS[type(node.op)](left, right)
        if isinstance(node.op, ast.Pow) and max(abs(left), abs(right)) <= _LARGEST:
            return left**right
    raise UnreadableError(ast.unparse(node))


def _number(node: ast.expr) -> Any:
    found = _constant(node)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise UnreadableError(ast.unparse(node))
    return found
