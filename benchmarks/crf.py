"""Our linear-chain CRF against pytorch-crf: seconds of forward + backward and of decoding, as ratios of medians.

    python benchmarks/crf.py [--repeats 7] [--device cpu]

Both run in one process, alternating in each repeat. Sequence lengths are drawn between half and all of the words.
"""

import argparse
import statistics
import time

import torch
from torchcrf import CRF

from tunesmith.heads.linear_chain_crf import best_path, negative_log_likelihood

CELLS = [(batch, words, labels) for batch in (16, 32) for words in (16, 64, 128, 512) for labels in (5, 9, 37, 75)]


def measured(functions, repeats: int, device: str) -> list[float]:
    """Median seconds of each function, interleaved."""
    times: list[list[float]] = [[] for _ in functions]
    for repeat in range(repeats + 1):
        for number, function in enumerate(functions):
            started = time.perf_counter()
            function()
            if device == "cuda":
                torch.cuda.synchronize()
            if repeat:  # the first warms up
                times[number].append(time.perf_counter() - started)
    return [statistics.median(values) for values in times]


def cell(batch: int, words: int, labels: int, repeats: int, device: str) -> tuple[float, float, float, float]:
    torch.manual_seed(0)
    emissions = torch.randn(batch, words, labels, device=device, requires_grad=True)
    tags = torch.randint(labels, (batch, words), device=device)
    lengths = torch.randint(words // 2, words + 1, (batch,), device=device)
    lengths[0] = words
    mask = torch.arange(words, device=device) < lengths[:, None]
    reference = CRF(labels, batch_first=True).to(device)
    chain = (reference.start_transitions, reference.transitions, reference.end_transitions)

    def theirs():
        (-reference(emissions, tags, mask=mask, reduction="sum")).backward()

    def ours():
        negative_log_likelihood(emissions, tags, lengths, *chain).sum().backward()

    def their_path():
        with torch.no_grad():
            reference.decode(emissions, mask=mask)

    def our_path():
        best_path(emissions, lengths, *chain).tolist()

    times = measured([theirs, ours, their_path, our_path], repeats, device)
    return times[0], times[1], times[2], times[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    print("batch words labels   pytorch-crf       ours  ratio   pytorch-crf       ours  ratio")
    print("                      forward + backward, ms               decoding, ms")
    ratios = []
    for batch, words, labels in CELLS:
        theirs, ours, their_path, our_path = cell(batch, words, labels, arguments.repeats, arguments.device)
        ratios.append((theirs / ours, their_path / our_path))
        row = f"{batch:5} {words:5} {labels:6} {1e3 * theirs:13.2f} {1e3 * ours:10.2f} {theirs / ours:6.2f}"
        print(f"{row} {1e3 * their_path:13.2f} {1e3 * our_path:10.2f} {their_path / our_path:6.2f}", flush=True)
    print(
        f"smallest ratios: forward + backward {min(a for a, _ in ratios):.2f}, decoding {min(b for _, b in ratios):.2f}"
    )


if __name__ == "__main__":
    main()
