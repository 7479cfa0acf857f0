"""A launcher's file is data: it sets a launcher of an installed plugin, or ours, and nothing else of Hydra's."""

from collections.abc import Iterator
from typing import Any

from tunesmith.configuration.choices import LAUNCHERS
from tunesmith.configuration.hydra_plugins import launcher_targets
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

LOCAL_TARGETS = ("tunesmith.sweeps.launchers.local.Local", "tunesmith.sweeps.local.Local")  # the second: in 0.1.0


def check(node: Any, choice: str) -> None:
    """Check the composed node `hydra.launcher`, whichever files it comes from.

    Args:
        node: plain values.
        choice: of hydra/launcher.

    Raises:
        UserError: if its class is no launcher, or if there is another class or a directive of Hydra's in it.
    """
    target = node.get("_target_") if isinstance(node, dict) else None
    known = sorted({*launcher_targets(), LOCAL_TARGETS[0]})
    if target not in (*known, *LOCAL_TARGETS):
        raise UserError(
            f"{LAUNCHERS}={choice} has the _target_ {target!r:.80}, which is not a launcher of an installed plugin"
            f"{did_you_mean(str(target), known)} (launchers: {', '.join(known)})"
        )
    found = sorted(set(_directives(node)) - {"_target_"})
    if found:
        raise UserError(
            f"{LAUNCHERS}={choice} contains {', '.join(found)}; expected plain settings of the launcher, and one _target_"
        )


def _directives(node: Any, path: str = "") -> Iterator[str]:
    """Paths of the keys that Hydra would follow, such as `_target_` and `_args_`."""
    if isinstance(node, dict):
        for key, value in node.items():
            if is_directive(str(key)):
                yield f"{path}{key}"
            yield from _directives(value, f"{path}{key}.")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _directives(value, f"{path}{number}.")


def is_directive(key: str) -> bool:
    """Whether Hydra follows a key instead of passing it on: `_target_`, `_args_`, `_partial_` and so on."""
    return len(key) > 2 and key.startswith("_") and key.endswith("_")
