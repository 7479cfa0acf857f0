"""Compares a class with its contract by names and signatures: what it lacks, and what cannot be called as tunesmith calls it."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.errors.messages import did_you_mean, full_name


def missing_methods(kind: Any, contract: type, *, optional: type | None = None) -> Iterator[str]:
    """A sentence for each method that a class lacks, or that takes other arguments.

    Args:
        kind: the class.
        contract: a Protocol, whose methods it must have.
        optional: one whose methods it may have.
    """
    own = [name for name, value in inspect.getmembers(kind) if callable(value) and name[0] != "_"]
    for name, wanted in _methods(contract):
        if getattr(kind, name, None) is None or getattr(kind, name) is _unimplemented():
            doc = inspect.getdoc(wanted) or ""
            yield f"{full_name(kind)} has no method {name}; expected {_written(name, wanted)}: {_first_sentence(doc)}{did_you_mean(name, [other for other in own if other != name])}"
        else:
            yield from _misfit(kind, name, wanted)
    for name, wanted in _methods(optional) if optional is not None else ():
        if getattr(kind, name, None) is not None:
            yield from _misfit(kind, name, wanted)


def missing_attributes(made: Any, contract: type) -> Iterator[str]:
    """A sentence for each attribute that an object lacks.

    Args:
        made: an instance.
        contract: a Protocol, whose properties it must have as attributes.
    """
    for name, value in vars(contract).items():
        if isinstance(value, property) and not hasattr(made, name):
            doc = _first_sentence(inspect.getdoc(value) or "")
            yield f"{full_name(type(made))} has no attribute {name}: {doc}"


def offers_without_method(head: Any) -> Iterator[str]:
    """A sentence for each thing that a head offers to regularizers without having it."""
    needed = {"distribution": "distribution", "entropy": "distribution", "representation": "representation"}
    for offer in getattr(head, "offers", ()):
        if offer in needed and getattr(head, needed[offer], None) is None:
            yield f"{full_name(head)} offers {offer}, but has no method {needed[offer]}; add it, or take {offer} out of offers"


def overrides_nothing(kind: type, base: type) -> Iterator[str]:
    """A sentence if a class has none of the methods of a base whose methods do nothing: one that is misspelt is never called."""
    hooks = [name for name, value in inspect.getmembers(base, inspect.isfunction) if name[0] != "_"]
    if any(getattr(kind, name) is not getattr(base, name) for name in hooks):
        return
    own = [name for name, value in vars(kind).items() if inspect.isfunction(value) and name[0] != "_"]
    hints = "".join(did_you_mean(name, hooks) for name in own[:1])
    yield (
        f"{full_name(kind)} changes nothing: expected a method of {full_name(base)}, such as "
        f"{'penalty' if 'penalty' in hooks else 'on_train_epoch_end'}, received {', '.join(own) or 'none'}{hints}"
    )


def never_called(kind: type, base: type) -> Iterator[str]:
    """A sentence if a callback keeps its state by methods that are for Lightning's own checkpoints, which tunesmith does not write."""
    for name in ("on_save_checkpoint", "on_load_checkpoint"):
        if getattr(kind, name) is not getattr(base, name):
            yield f"{full_name(kind)}.{name} is never called, so a resumed run would lose its state; expected state_dict and load_state_dict"
            return


def wrong_constructor(kind: Any, positional: Sequence[str]) -> Iterator[str]:
    """A sentence if a class, or a function that makes an object, does not take the arguments that tunesmith passes by position."""
    try:
        signature = inspect.signature(kind)
    except ValueError:  # of a builtin
        return
    settings = [part.name for part in signature.parameters.values() if part.kind is part.KEYWORD_ONLY]
    try:
        signature.bind(*positional, **dict.fromkeys(settings))
    except TypeError as error:
        name = f"{full_name(kind)}.__init__" if inspect.isclass(kind) else full_name(kind)
        yield (
            f"{name} takes {signature}; expected ({', '.join([*positional, '*', 'settings'])}), settings by keyword "
            f"only: {error}"
        )


def _methods(contract: type) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in vars(contract).items() if inspect.isfunction(value) and name[0] != "_"]


def _misfit(kind: Any, name: str, wanted: Any) -> Iterator[str]:
    found = inspect.getattr_static(kind, name)
    function = found.__func__ if isinstance(found, staticmethod | classmethod) else found
    if not inspect.isfunction(function):  # a callable of another kind: whoever calls it will see
        return
    expected = list(inspect.signature(wanted).parameters.values())
    signature = inspect.signature(function)
    if isinstance(found, staticmethod):
        expected = expected[1:]
    by_position = [part.name for part in expected if part.kind is part.POSITIONAL_OR_KEYWORD]
    by_name = [part.name for part in expected if part.kind is part.KEYWORD_ONLY]
    names = [part.name for part in signature.parameters.values() if part.kind is part.POSITIONAL_OR_KEYWORD]
    swapped = sorted(names) == sorted(by_position) and names != by_position
    try:
        signature.bind(*by_position, **dict.fromkeys(by_name))
        wrong = swapped
    except TypeError:
        wrong = True
    if wrong:
        yield f"{full_name(kind)}.{name} takes {signature}; expected {_written(name, wanted)}"


def _written(name: str, wanted: Any) -> str:
    """`loss(self, scores, batch)`."""
    parts = list(inspect.signature(wanted).parameters.values())
    keywords = [part.name for part in parts if part.kind is part.KEYWORD_ONLY]
    names = [part.name for part in parts if part.kind is part.POSITIONAL_OR_KEYWORD]
    return f"{name}({', '.join([*names, *(['*', *keywords] if keywords else [])])})"


def _first_sentence(doc: str) -> str:
    return " ".join(doc.split()).partition("; ")[0].rstrip(".")


def _unimplemented() -> Any:
    """What stands for `forward` in a module of torch that has none."""
    from torch import nn

    return nn.Module.forward
