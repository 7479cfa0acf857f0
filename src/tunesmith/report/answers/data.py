"""Checklist item B6: statistics of the data and its splits, from what the manifests recorded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunesmith.analyses.data import data_table
from tunesmith.configuration.identity import digest
from tunesmith.documents.document import Part, Section
from tunesmith.exporting.run_facts import dataset_name
from tunesmith.report.answers.studies import UNKNOWN, Run, plural

_TABLES = 12  # of different data


def section(runs: Sequence[Run]) -> Section:
    """A table for each data that the runs recorded, with its rows, labels, truncated and lost examples."""
    started = [run for run in runs if run.started]
    known: dict[str, list[Run]] = {}
    for run in started:
        if data := run.part("data"):
            known.setdefault(json.dumps(data, sort_keys=True), []).append(run)
    parts: list[Part] = []
    if known:
        parts.append(
            "B6: The tables give the number of examples of each split, how many have each label, and what was cut to the maximum length "
            "or lost, as each run counted them when it read its data. Empty cells are counts that were not recorded."
        )
    parts += _tables(list(known.values()))
    if len(known) > _TABLES:
        parts.append(f"B6: {len(known) - _TABLES} further variants of the data are left out.")
    if without := len(started) - sum(map(len, known.values())):
        parts.append(f"B6: The data of {without} of {plural(len(started), 'run')} that started is {UNKNOWN}.")
    parts += _same_names(list(known.values()))
    parts.append(
        "B6: Not recorded by the runs, and for the authors to state: how the data was collected, its language, domain and licence, and what was "
        "excluded before these files were made."
    )
    return Section("Data and splits (B6)", parts)


def _tables(known: Sequence[Sequence[Run]]) -> Iterator[Part]:
    for number, runs in enumerate(known[:_TABLES], 1):
        data = runs[0].part("data")
        table = data_table(data, name=f"appendix-data-{number}")
        count = plural(len(runs), "run")
        if table is None:
            yield f"B6: The numbers of examples of {_name(runs[0])} ({count}) are {UNKNOWN}."
            continue
        contents = ", ".join(f"{split} {print[:12]}" for split, print in _fingerprints(data).items())
        note = f"{table.note} Fingerprints of the content: {contents or UNKNOWN}."
        yield replace(table, title=f"Data {number}: {_name(runs[0])}, {count}", note=note)


def _same_names(known: Sequence[Sequence[Run]]) -> Iterator[str]:
    """A sentence for data of one name with different content."""
    contents: dict[str, set[str]] = {}
    for runs in known:
        contents.setdefault(_name(runs[0]), set()).add(digest(_fingerprints(runs[0].part("data"))))
    for name, different in contents.items():
        if len(different) > 1:
            yield f"B6: {name} had {len(different)} different contents in these runs; their scores are not averaged together."


def _fingerprints(data: Mapping[str, Any]) -> dict[str, str]:
    found = data.get("fingerprints")
    return {str(split): str(text) for split, text in found.items()} if isinstance(found, Mapping) else {}


def _name(run: Run) -> str:
    config = run.record.config
    return dataset_name(config["dataset"]) if config else UNKNOWN
