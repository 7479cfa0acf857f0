"""Reads W&B's files; its own reader is no longer part of the Python package, its record types are."""

import json

from wandb.proto import wandb_internal_pb2

_BLOCK = 32768


def records(file):
    """The records of a `.wandb` file: a header of 7 bytes, then LevelDB's log format."""
    content, place, parts = file.read_bytes(), 7, []
    while place + 7 <= len(content):
        left = _BLOCK - place % _BLOCK
        if left < 7:
            place += left
            continue
        size, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        parts.append(content[place + 7 : place + 7 + size])
        place += 7 + size
        if kind in (1, 4):  # whole, or the last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(b"".join(parts))
            yield record
            parts = []


class Offline:
    """What a run's newest W&B file holds, or the one with a number.

    Attributes:
        files: all of the folder.
        file: the one that was read.
        run: its record: name, group, tags and so on.
        config: by key; nested values are nested.
        metrics: the definition of each, by name or pattern.
        history: the rows, as dictionaries.
        keys: of the history.
        summary: as W&B's own library computes it from the file; values of `define_metric` are nested.
        saved: names of the files that are uploaded.
        artifacts: that were logged, without tables.
        exit_codes: one, if the run has ended.
    """

    def __init__(self, folder, number=-1):
        self.files = sorted(
            folder.glob("wandb/*run-*/run-*.wandb"), key=lambda file: file.parent.name.removeprefix("offline-")
        )
        self.file = self.files[number]
        self.run, self.config, self.metrics, self.history = None, {}, {}, []
        self.keys, self.summary, self.exit_codes, self.artifacts, self.saved = set(), {}, [], [], set()
        for record in records(self.file):
            if record.HasField("run"):
                self.run = record.run
                self._update(self.config, record.run.config.update)
            self._update(self.config, record.config.update)
            self.saved |= {file.path for file in record.files.files}
            if record.HasField("metric"):
                self.metrics[record.metric.name or record.metric.glob_name] = record.metric
            if record.HasField("history"):
                row = {}
                self._update(row, record.history.item)
                self.history.append(row)
                self.keys |= set(row)
            self._update(self.summary, record.summary.update)
            if record.HasField("request") and record.request.HasField("log_artifact"):
                record = wandb_internal_pb2.Record(artifact=record.request.log_artifact.artifact)
            if record.HasField("artifact") and record.artifact.type != "run_table":  # as each table is one
                self.artifacts.append(record.artifact)
            if record.HasField("exit"):
                self.exit_codes.append(record.exit.exit_code)

    @property
    def rows(self):
        return len(self.history)

    @staticmethod
    def _update(values, items):
        for item in items:
            *outer, name = item.nested_key or [item.key]
            place = values
            for key in outer:
                place = place.setdefault(key, {})
            place[name] = json.loads(item.value_json)
