"""Write the small sets of experiments/regularizers: random samples, the same on every machine.

python experiments/regularizers/samples.py DATA SAMPLES

DATA has sst2/, wnut17/ and squad/; SAMPLES gets training sets, and validation sets, which choose the best epoch.
"""

import argparse
import json
import random
import re
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("samples", type=Path)
    arguments = parser.parse_args()
    data, samples = arguments.data, arguments.samples
    samples.mkdir(parents=True, exist_ok=True)

    for split, count in (("train", 500), ("validation", 200)):
        header, *lines = (data / f"sst2/{split}.tsv").read_text(encoding="utf-8").splitlines()
        write(samples / f"sst2-{split}-{count}.tsv", "\n".join([header, *sample(lines, count)]) + "\n")

    for split, count in (("train", 1000), ("validation", 300)):
        posts = re.split(r"\n\s*\n", (data / f"wnut17/{split}.conll").read_text(encoding="utf-8").strip())
        write(samples / f"wnut17-{split}-{count}.conll", "\n\n".join(sample(posts, count)) + "\n")

    for split, count in (("train", 1000), ("validation", 200)):
        file = data / f"squad/{split}-v1.1.json"
        ids = ids_of_short_contexts(json.loads(file.read_text(encoding="utf-8")))
        kept = set(sample(ids, count))
        write(samples / f"squad-{split}-{count}.json", only(file, kept))
        if split == "validation":
            write(samples / "squad-test.json", only(file, set(ids) - kept))


def only(file: Path, kept: set[str]) -> str:
    """A file of SQuAD with the questions of these ids."""
    content = json.loads(file.read_text(encoding="utf-8"))
    for article in content["data"]:
        for paragraph in article["paragraphs"]:
            paragraph["qas"] = [question for question in paragraph["qas"] if question["id"] in kept]
        article["paragraphs"] = [paragraph for paragraph in article["paragraphs"] if paragraph["qas"]]
    content["data"] = [article for article in content["data"] if article["paragraphs"]]
    return json.dumps(content, ensure_ascii=False)


def ids_of_short_contexts(content: dict) -> list[str]:
    """Of the questions whose context has at most 600 characters: on 2 cores long ones take most of the time."""
    return [
        question["id"]
        for article in content["data"]
        for paragraph in article["paragraphs"]
        if len(paragraph["context"]) <= 600
        for question in paragraph["qas"]
    ]


def sample(items: list[str], count: int) -> list[str]:
    return random.Random(0).sample(items, count)  # noqa: S311 - no secret


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    print(file)


if __name__ == "__main__":
    main()
