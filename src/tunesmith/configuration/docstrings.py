"""What a docstring says about each argument: the section `Args:` in Google's style, which the project's signatures use.

Source: https://google.github.io/styleguide/pyguide.html#383-functions-and-methods
"""

import inspect
import re

_ARGUMENT = re.compile(r"    (\w+)(?: \([^)]*\))?: *(.*)")


def arguments(docstring: str | None) -> dict[str, str]:
    """The description of each argument, on one line; empty without such a section."""
    found: dict[str, str] = {}
    name, inside = "", False
    for line in inspect.cleandoc(docstring or "").splitlines():
        if line and not line.startswith(" "):  # the heading of a section, or running text
            inside, name = line.rstrip() == "Args:", ""
        elif inside and (start := _ARGUMENT.fullmatch(line.rstrip())):
            name = start[1]
            found[name] = start[2]
        elif inside and name and line.startswith("     "):
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
