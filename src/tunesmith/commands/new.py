"""`tunesmith new`: writes a working skeleton of a head, a dataset, a regularizer, a metric and others, under a name."""

from tunesmith.errors import UserError
from tunesmith.skeletons.new import KINDS, new


def run(arguments: list[str]) -> int:
    """Write the files of a kind, and print them and the commands to type next."""
    if len(arguments) != 2:
        raise UserError(f"expected a kind and a name, such as tunesmith new head my_head (kinds: {', '.join(KINDS)})")
    written = new(*arguments)
    for file in written.files:
        print(f"Written: {file}")
    print("Next:")
    for command in written.commands:
        print(f"  {command}")
    return 0
