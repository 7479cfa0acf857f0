"""Peak memory of training on a file of 2 million lines against one of 20 thousand.

python benchmarks/memory.py [--large 2000000] [--small 20000]
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

CODE = (
    "import resource, sys; from tunesmith.cli import run; status = run(sys.argv[1:]);"
    "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024); sys.exit(status)"
)


def peak_megabytes(lines: int, folder: Path) -> int:
    words = "good bad fine dull long short warm cold plot film music actor scene story end start".split()
    generator, file = random.Random(0), folder / f"{lines}.csv"
    with file.open("w") as stream:
        stream.write("text,label\n")
        stream.writelines(f"{' '.join(generator.choices(words, k=12))},{number % 2}\n" for number in range(lines))
    validation = folder / "validation.csv"
    validation.write_text("text,label\na good film,1\na dull film,0\n")
    arguments = [
        "train",
        "dataset=csv",
        f"dataset.train={file}",
        f"dataset.validation={validation}",
        "trainer.max_steps=300",
    ]
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments, "trainer.progress_bar=false"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.rsplit("peak", 1)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--small", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, large = (peak_megabytes(lines, Path(name)) for lines in (arguments.small, arguments.large))
    print(
        f"{arguments.small:,} lines: {small} MB; {arguments.large:,} lines: {large} MB; difference {large - small} MB"
    )


if __name__ == "__main__":
    main()
