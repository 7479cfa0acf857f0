"""Write the small training sets of experiments/regularizers: random samples, the same on every machine.

python experiments/regularizers/samples.py DATA SAMPLES

DATA has sst2/train.tsv, wnut17/train.conll and squad/train-v1.1.json; SAMPLES gets sst2-500.tsv, wnut17-1000.conll and squad-1000.json.
"""

import argparse
import json
import random
import re
from pathlib import Path

SENTENCES, POSTS, QUESTIONS = 500, 1000, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("samples", type=Path)
    arguments = parser.parse_args()
    data, samples = arguments.data, arguments.samples
    samples.mkdir(parents=True, exist_ok=True)

    header, *lines = (data / "sst2/train.tsv").read_text(encoding="utf-8").splitlines()
    write(samples / f"sst2-{SENTENCES}.tsv", "\n".join([header, *sample(lines, SENTENCES)]) + "\n")

    posts = re.split(r"\n\s*\n", (data / "wnut17/train.conll").read_text(encoding="utf-8").strip())
    write(samples / f"wnut17-{POSTS}.conll", "\n\n".join(sample(posts, POSTS)) + "\n")

    content = json.loads((data / "squad/train-v1.1.json").read_text(encoding="utf-8"))
    names = [question["id"] for question in questions(content)]
    kept = set(sample(names, QUESTIONS))
    for article in content["data"]:
        for paragraph in article["paragraphs"]:
            paragraph["qas"] = [question for question in paragraph["qas"] if question["id"] in kept]
        article["paragraphs"] = [paragraph for paragraph in article["paragraphs"] if paragraph["qas"]]
    content["data"] = [article for article in content["data"] if article["paragraphs"]]
    write(samples / f"squad-{QUESTIONS}.json", json.dumps(content, ensure_ascii=False))


def questions(content: dict) -> list[dict]:
    return [
        question for article in content["data"] for paragraph in article["paragraphs"] for question in paragraph["qas"]
    ]


def sample(items: list[str], count: int) -> list[str]:
    return random.Random(0).sample(items, count)  # noqa: S311 - no secret


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    print(file)


if __name__ == "__main__":
    main()
