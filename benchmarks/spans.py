"""The n best spans of question answering, vectorised, against plain loops over windows, starts and ends.

    python benchmarks/spans.py [--repeats 5] [--windows 64] [--length 256]

Both return each window's 20 best spans of at most 30 tokens from the same logits; the spans are compared.
"""

import argparse
import heapq
import statistics
import time
from types import SimpleNamespace

import numpy as np
import torch

from tunesmith.data.batch import Batch
from tunesmith.heads.span import Span

N_BEST, LONGEST = 20, 30


def plain_loops(scores, context) -> list[list[tuple[int, int]]]:
    """Loops over every window, start and end."""
    found = []
    for window, (begin, stop) in zip(scores.tolist(), context.tolist(), strict=True):
        spans = []
        for first in range(begin, stop):
            for last in range(first, min(first + LONGEST, stop)):
                spans.append((window[first][0] + window[last][1], first - begin, last - begin))
        found.append([(first, last) for _, first, last in heapq.nlargest(N_BEST, spans)])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--windows", type=int, default=64)
    parser.add_argument("--length", type=int, default=256)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    scores = torch.randn(arguments.windows, arguments.length, 2, dtype=torch.float64)
    context = torch.tensor([[12, arguments.length - 1]] * arguments.windows)
    layout = {"context": context, "no_answer": torch.zeros(arguments.windows, dtype=torch.int64)}
    batch = Batch({}, {}, np.arange(arguments.windows), layout)
    head = SimpleNamespace(_n_best=N_BEST, _max_answer_length=LONGEST)
    times: dict[str, list[float]] = {"plain loops": [], "vectorised": []}
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        expected = plain_loops(scores, context)
        times["plain loops"].append(time.perf_counter() - started)
        started = time.perf_counter()
        decoded = Span.decode(head, scores, batch)
        pairs = zip(decoded["first"].tolist(), decoded["last"].tolist(), strict=True)
        found = [list(zip(first, last, strict=True)) for first, last in pairs]
        times["vectorised"].append(time.perf_counter() - started)
        assert found == expected, "the spans differ"
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, value in medians.items():
        print(f"{name:<12} {1e3 * value / arguments.windows:8.3f} ms a window")
    print(
        f"vectorised / plain loops: {medians['plain loops'] / medians['vectorised']:.1f} times as fast, the same spans"
    )


if __name__ == "__main__":
    main()
