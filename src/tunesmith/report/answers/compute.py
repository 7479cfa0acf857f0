"""Checklist item C1: number of parameters, time spent, and the machines. Energy is not recorded by any run."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration.stages import stages
from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.documents.durations import duration
from tunesmith.report.answers.studies import UNKNOWN, Run, Study, backbone_name, every_run, plural
from tunesmith.runs.folder import RunFolder

_MACHINES = 4  # in the table
_COLUMNS = 4  # studies beside each other
_HARDWARE = [
    "processor",
    "cores",
    "GPUs visible",
    "devices",
    "accelerator",
    "precision",
    "platform",
    "runs",
    "total time",
]


def section(studies: Sequence[Study]) -> Section:
    """Models, runs by state with their time, and hardware."""
    runs = every_run(studies)
    parts: list[Part] = [
        "C1: Size of the models, all parameters counted, whether they were trained or not.",
        _models([run for run in runs if run.started]),
    ]
    parts += [_time(runs), _runs(studies), *_not_in_the_total(runs), "C1: Energy and emissions were not recorded."]
    parts += _hardware([run for run in runs if run.started])
    return Section("Models and computing (C1)", parts)


def _models(runs: Sequence[Run]) -> Table:
    found: dict[tuple[str, int | None], int] = {}
    for run in runs:
        key = (backbone_name(run.record.config) if run.record.config else UNKNOWN, run.parameters)
        found[key] = found.get(key, 0) + 1
    rows: list[list[Cell]] = [
        [name, UNKNOWN if parameters is None else f"{parameters:,}", count]
        for (name, parameters), count in found.items()
    ]
    note = "A backbone has several sizes where runs differ in their head, their adapters or their settings."
    return Table("appendix-models", "Models", ["backbone", "parameters", "runs"], rows, note)


def _timed(runs: Sequence[Run]) -> list[tuple[float, Run]]:
    return [(run.record.seconds, run) for run in runs if run.record.seconds is not None]


def _time(runs: Sequence[Run]) -> str:
    timed = _timed(runs)
    if not timed:
        return f"C1: The run time is {UNKNOWN}."
    total = math.fsum(seconds for seconds, _ in timed)
    text = (
        f"C1: {plural(len(timed), 'completed run')} took {duration(total)} in total, {duration(total / len(timed))} on average. The time of a run is "
        "that of its processes, from loading the model to the last score; that of a process which was killed is not recorded, nor, by earlier "
        "versions, that before a resume, so the total is a lower bound."
    )
    gpu = [(seconds, run.devices) for seconds, run in timed if _uses_gpus(run)]
    if gpu and all(devices is not None for _, devices in gpu):
        hours = math.fsum(seconds * (devices or 0) for seconds, devices in gpu) / 3600
        text += f" {plural(len(gpu), 'run')} on GPUs took {hours:.4g} GPU hours: time by number of devices."
    return text


def _uses_gpus(run: Run) -> bool:
    """Whether it trained on NVIDIA GPUs: it saw some, and was not told to use the CPU."""
    trainer = run.record.config.get("trainer")
    accelerator = trainer.get("accelerator") if isinstance(trainer, Mapping) else None
    return bool(run.part("hardware").get("gpus")) and accelerator in ("auto", "gpu", "cuda")


def _runs(studies: Sequence[Study]) -> Table:
    """Number of runs by state and their time; a row for each study and for the stages before it."""
    lines: list[tuple[str, Sequence[Run]]] = []
    for study in studies:
        lines += [(f"{study.name}, earlier stages", study.stages)] if study.stages else []
        lines.append((study.name, study.runs))
    every = every_run(studies)
    if len(lines) > 1:
        lines.append(("all, each run once", every))
    states = list(dict.fromkeys(run.record.state for run in every))
    rows: list[list[Cell]] = []
    for name, runs in lines:
        counts: list[Cell] = [sum(run.record.state == state for run in runs) for state in states]
        times = [seconds for seconds, _ in _timed(runs)]
        total = math.fsum(times)
        shown = [duration(total), duration(total / len(times))] if times else [UNKNOWN, UNKNOWN]
        rows.append([name, len(runs), *counts, len(times), *shown])
    headings = ["", "runs", *states, "timed", "total time", "mean time"]
    if len(rows) <= _COLUMNS:  # upright, to fit a column of text
        upright: list[list[Cell]] = [list(row) for row in zip(headings, *rows, strict=True)]
        headings, rows = [str(cell or "") for cell in upright[0]], upright[1:]
    note = "Runs by state; timed are those whose time is recorded, over which total and mean are taken."
    return Table("appendix-runs", "Number of runs and their time", headings, rows, note)


def _not_in_the_total(runs: Sequence[Run]) -> list[str]:
    """Sentences on time that was spent, or may have been, but is not known."""
    found = []
    without = [run.record.state for run in runs if run.record.seconds is None and run.record.state != "waiting"]
    if without:
        counts = ", ".join(f"{without.count(state)} {state}" for state in dict.fromkeys(without))
        found.append(f"C1: The time of {plural(len(without), 'run')} ({counts}) is {UNKNOWN} and not in the total.")
    here = {run.record.path.resolve() for run in runs}
    before: dict[Path, str] = {}
    for run in runs:
        for stage in stages(run.record.config) if run.record.config else []:
            before[RunFolder.of(stage).path.resolve()] = str(stage["name"])
    missing = list(dict.fromkeys(name for path, name in before.items() if path not in here))
    if missing:
        found.append(
            f"C1: Runs start from models of earlier stages ({', '.join(missing)}) whose runs are not among these; their time is not in the total."
        )
    return found


def _hardware(runs: Sequence[Run]) -> Iterator[Part]:
    """A column for each kind of machine, the one with the most runs first."""
    found: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        if run.part("hardware"):
            found.setdefault(_machine(run), []).append(run)
    machines = sorted(found, key=lambda machine: -len(found[machine]))[:_MACHINES]
    columns = []
    for machine in machines:
        times = [seconds for seconds, _ in _timed(found[machine])]
        columns.append([*machine, str(len(found[machine])), duration(math.fsum(times)) if times else UNKNOWN])
    if columns:
        rows: list[list[Cell]] = [list(row) for row in zip(_HARDWARE, *columns, strict=True)]
        headings = ["", *(f"machine {number}" for number in range(1, len(columns) + 1))]
        note = "Devices is the number of processes of a run; accelerator and precision are as its config has them."
        yield Table("appendix-hardware", "Hardware", headings, rows, note)
    if left := len(found) - len(machines):
        yield f"C1: {plural(left, 'further machine')} with fewer runs left out."
    if without := sum(not run.part("hardware") for run in runs):
        yield f"C1: The hardware of {without} of {plural(len(runs), 'run')} that started is {UNKNOWN}."


def _machine(run: Run) -> tuple[str, ...]:
    hardware = run.part("hardware")
    trainer: Any = run.record.config.get("trainer")
    trainer = trainer if isinstance(trainer, Mapping) else {}
    gpus = hardware.get("gpus")
    names = [str(name) for name in gpus] if isinstance(gpus, list) else None
    shown = (
        UNKNOWN
        if names is None
        else ", ".join(f"{names.count(name)} x {name}" for name in dict.fromkeys(names)) or "none"
    )
    return (
        _text(hardware.get("processor")),
        _text(hardware.get("cores")),
        shown,
        _text(run.devices),
        _text(trainer.get("accelerator")),
        _text(trainer.get("precision")),
        _text(hardware.get("platform")),
    )


def _text(value: Any) -> str:
    return UNKNOWN if value is None or value == "" else str(value)
