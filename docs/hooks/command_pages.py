"""The reference of commands, from the tables that `tunesmith --help` prints."""

from markdown_tables import escaped, table

from tunesmith.cli import COMMANDS
from tunesmith.commands.pages import PAGES

_OPENING = """# Commands

`tunesmith COMMAND --help` prints what is here. The exit status is 0 when a command has completed; 2 when settings or data are wrong,
with one message that says what was expected, what was received and what to do; 1 for anything else.
[`import tunesmith`](python.md) gives the same from Python."""


def pages() -> dict[str, str]:
    """Markdown by place: one page with every command."""
    blocks = [
        _OPENING,
        table(("command", ""), [(f"[{name}](#{name})", escaped(text)) for name, (_, text) in COMMANDS.items()]),
    ]
    for name, (arguments, summary) in COMMANDS.items():
        page = PAGES[name]
        keys = table(("argument", "meaning"), [(f"`{key}`", escaped(meaning)) for key, meaning in page.keys.items()])
        examples = "\n".join(page.examples)
        blocks += [
            f"## {name}",
            f"`tunesmith {name} {arguments}`",
            f"{summary[0].upper()}{escaped(summary[1:])}.",
            keys,
        ]
        blocks += [f"```bash\n{examples}\n```"]
    return {"reference/commands.md": "\n\n".join(blocks)}
