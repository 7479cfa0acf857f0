"""How many of the small changes that mutmut makes to the arithmetic are noticed by the tests, package by package.

    mutmut results --all true | python benchmarks/mutation.py

Lists those that are not noticed, which `mutmut show NAME` shows and tests/surviving_mutants.md explains, and exits with status 1 if a
package has fewer than 95 % noticed. Part of `make mutation`.
"""

import sys
from collections import Counter

LEAST = 95  # percent
NOTICED = ("killed", "timeout", "segfault", "caught by type check")


def main() -> None:
    found, every = Counter[str](), Counter[str]()
    for line in sys.stdin:
        name, _, status = line.strip().rpartition(": ")
        if not name.startswith("tunesmith.") or status == "not checked":
            continue
        package = name.split(".")[1]
        every[package] += 1
        found[package] += status in NOTICED
        if status not in NOTICED:
            print(f"{status}: {name}")
    percent = {package: 100 * found[package] / every[package] for package in every}
    for package in every:
        print(f"{package:<14}{found[package]:>6} of {every[package]:>5} noticed{percent[package]:>8.1f} %")
    if not every or min(percent.values()) < LEAST:
        sys.exit(f"expected {LEAST} % in each package: add tests, or delete what makes no difference")


if __name__ == "__main__":
    main()
