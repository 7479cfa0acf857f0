"""Reads W&B's files; its own reader is no longer part of the Python package, its record types are."""

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
    """What a run's newest W&B file holds: the keys of its history, its summary and its exit codes."""

    def __init__(self, folder):
        file = max(folder.glob("wandb/*run-*/run-*.wandb"), key=lambda file: file.parent.name.removeprefix("offline-"))
        self.rows, self.keys, self.summary, self.exit_codes = 0, set(), {}, []
        for record in records(file):
            if record.HasField("history"):
                self.rows += 1
                self.keys |= {item.key or ".".join(item.nested_key) for item in record.history.item}
            for item in record.summary.update:
                self.summary[item.key or ".".join(item.nested_key)] = item.value_json
            if record.HasField("exit"):
                self.exit_codes.append(record.exit.exit_code)
