"""Attacks on places, secrets, the terminal, and time and memory."""

import copy
import functools
import gzip
import hashlib
import json
import os
import shutil
import socket
import warnings
import zipfile
from pathlib import Path

from tests.attacks import Attack
from tests.runs.test_version_0_1 import FILES as RUNS
from tests.runs.test_version_0_1 import RUN, WORDS
from tunesmith.bundling.archive import COMMENT, DIGITS

DEEP = '{"a":' * 100_000
ESCAPES = "\x1b[31m\x1b]0;title\x07\u202ered[/b][link=x]"


def handed(folder: Path) -> Path:
    """A completed run, as it was handed over."""
    shutil.copytree(RUNS, folder / "work", dirs_exist_ok=True)
    return folder / "work/completed" / RUN


def placed(file: Path, what: str, folder: Path) -> None:
    """Put a link, a pipe, a device, a socket, or bytes in the place of a file."""
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    if what == "pipe":
        os.mkfifo(file)
    elif what == "folder":
        file.mkdir()
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as stream:
            here = Path.cwd()
            os.chdir(file.parent)  # the path of a socket is short
            stream.bind(file.name)
            os.chdir(here)
    elif what == "gzip":
        file.write_bytes(gzip.compress(b"text,label\na,b\n" * 100))
    elif what == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.csv", "text,label\na,b\n" * 100)
    elif what == "deep":
        file.write_text(DEEP)
    elif what == "digits":
        file.write_text('{"a": ' + "9" * 1_000_000 + "}")
    elif what == "list":
        file.write_text("[1]")
    elif what.startswith("/dev/"):
        file.symlink_to(what)
    else:
        file.symlink_to(folder / what)


# Links and special files in a run's folder that is resumed, and in the model that is exported.


def resumed(name: str, what: str, folder: Path) -> list[str]:
    handed(folder)
    run = folder / "work/interrupted" / RUN
    placed(run.parent if name == ".." else run / name, what, folder)
    return ["train", *WORDS, "output_dir=interrupted"]


def exported(name: str, what: str, folder: Path) -> list[str]:
    placed(handed(folder) / "model" / name, what, folder)
    return ["export", f"run=completed/{RUN}", "output=exported"]


RESUMED = [
    *(
        (name, "outside/secret.txt")
        for name in ("config.yaml", "status.json", "manifest.json", "metrics.csv", "train.log")
    ),
    *((name, "outside/secret.txt") for name in (".lock", "train-1.log", "wandb_id.txt", "code.patch", "metrics.json")),
    *((name, "outside") for name in ("checkpoints", "predictions", "model", "wandb", "tensorboard")),
    ("checkpoints/state-00000016.part", "home/.bashrc"),
    ("checkpoints/state-00000016.ckpt.sha256", "home/.bashrc"),
    ("predictions/test.jsonl", "home/.bashrc"),
    ("model/model.safetensors", "home/new"),
    ("wandb_id.txt", "home/new"),
    (".lock", "pipe"),
    ("train.log", "pipe"),
    ("train.log", "/dev/tty"),
    ("..", "outside"),
]
EXPORTED = [
    ("config.json", "outside/secret.txt"),
    ("vocab.txt", "outside/secret.txt"),
    ("notes", "outside"),
    ("head.safetensors", "home/.bashrc"),
    ("extra.json", "pipe"),
    ("extra.json", "/dev/zero"),
    ("tokenizer.json", "/dev/random"),
    ("extra.json", "socket"),
]


def renamed(key: str, value: str, command: str, folder: Path) -> list[str]:
    """A completed run whose config names another place."""
    file = handed(folder) / "config.yaml"
    lines = [
        f"{key}: {json.dumps(value)}" if line.startswith(f"{key}:") else line for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    return [command, f"run=completed/{RUN}"]


# Sweeps.

SWEEP = {"identity": "x", "directory": "/", "varied": [], "jobs": []}


def reported(content: str, folder: Path, job: str = "") -> list[str]:
    (folder / "work/s/jobs").mkdir(parents=True)
    (folder / "work/s/sweep.json").write_text(content)
    (folder / "work/s/jobs/0001.yaml").write_text(job)
    return ["report", "s"]


def reported_place(name: str, what: str, folder: Path) -> list[str]:
    """The report of a run, and of a sweep's folder with a link where its results are written."""
    config = (handed(folder) / "config.yaml").read_text()
    jobs = [{"number": 1, "run": f"completed/{RUN}", "overrides": {}}]
    words = reported(json.dumps(SWEEP | {"directory": "elsewhere", "jobs": jobs}), folder, config)
    placed(folder / "work/s" / name, what, folder)
    return words


def swept(name: str, what: str, folder: Path) -> list[str]:
    handed(folder)
    placed(folder / "work/s" / name, what, folder)
    return ["train", "-m", *WORDS, "seed=1,2", "sweep.folder=s"]


def job(number: object = 1, **changes: object) -> str:
    return json.dumps(SWEEP | {"jobs": [{"number": number, "run": "x", "overrides": {}} | changes]})


# Experiments.


def experiment(text: str, folder: Path, *words: str) -> list[str]:
    (folder / "work/mine/experiment").mkdir(parents=True)
    (folder / "work/mine/experiment/x.yaml").write_text(f"# @package _global_\n{text}\n")
    return ["check", "--config-dir", "mine", "experiment=x", *words]


def experiment_file(what: str, folder: Path) -> list[str]:
    words = experiment("", folder)
    placed(folder / "work/mine/experiment/x.yaml", what, folder)
    return words


LAUGHS = "\n".join(
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        *(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)),
    ]
)
MERGES = "\n".join(
    ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10))]
)
DOUBLED = "\n".join(["x0: aaaaaaaaaa", *(f"x{n}: ${{x{n - 1}}}${{x{n - 1}}}" for n in range(1, 31))])
NODES = "\n".join(["x0: {a: 1}", *(f"x{n}: {{a: '${{x{n - 1}}}', b: '${{x{n - 1}}}'}}" for n in range(1, 25))])
COMPUTED = "\n".join(["x0: aaaaaaaaaa", *(f"n{n}: x{n}\nx{n + 1}: ${{${{n{n}}}}}${{${{n{n}}}}}" for n in range(30))])
RELATIVE = "\n".join(["y:", "  x0: aaaaaaaaaa", *(f"  x{n}: ${{.x{n - 1}}}${{.x{n - 1}}}" for n in range(1, 31))])
SELECTED = "\n".join(
    ["x0: aaaaaaaaaa", *(f"x{n}: ${{oc.select:x{n - 1}}}${{oc.select:x{n - 1}}}" for n in range(1, 31))]
)
EXPERIMENTS = {
    "output_dir is absolute": "output_dir: /tmp/somewhere",
    "output_dir is in the home": "output_dir: ~/runs",
    "output_dir leads up": "output_dir: runs/../../outside",
    "output_dir from a variable": "output_dir: ${oc.env:HOME}",
    "name leads up": "name: ../../outside",
    "name is absolute": "name: /tmp/somewhere",
    "a secret by its name": "name: ${oc.env:MY_API_KEY}",
    "a secret by its value": "name: ${oc.env:DATA}",
    "a secret by a computed name": "name: ${oc.env:${monitor}}\nmonitor: MY_API_KEY",
    "a secret, decoded": "name: ${oc.decode:${oc.env:MY_API_KEY}}",
    "a secret in a path": "dataset:\n  train: data/${oc.env:WANDB_API_KEY}.csv",
    "a secret in the defaults": "defaults:\n  - override /dataset: ${oc.env:MY_API_KEY}",
    "aliases": LAUGHS,
    "merges": MERGES,
    "an alias of itself": "a: &a [*a]",
    "doubled texts": DOUBLED,
    "doubled nodes": NODES,
    "computed names": COMPUTED,
    "relative names": RELATIVE,
    "selected names": SELECTED,
    "a chain of names": "\n".join(["x0: a", *(f"x{n}: ${{x{n - 1}}}" for n in range(1, 2_000))]),
    "a long interpolation": "name: " + "${seed}" * 20_000,
    "interpolations in one another": "name: " + "${" * 2_000 + "seed" + "}" * 2_000,
    "brackets": "name: " + "[" * 100_000,
    "levels": "\n".join(f"{' ' * level}a:" for level in range(500)),
    "a million digits": "seed: " + "9" * 1_000_000,
    "100,000 digits": "seed: " + "9" * 100_000,
    "100,000 hexadecimal digits": "seed: 0x" + "F" * 100_000,
    "a number of base 60": "seed: 1" + ":00" * 100_000,
    "a million labels": "dataset:\n  labels: [" + "label, " * 1_000_000 + "]",
    "control characters": f"name: {json.dumps(ESCAPES)}",
}
SPACES = {
    "a range": "seed: range(0,1000000000000)",
    "the product": "\n    ".join(f"optimizer.a{n}: range(0,1000)" for n in range(10)),
    "a long choice": "seed: choice(" + ",".join(map(str, range(50_000))) + ")",
    "digits": "seed: '" + "9" * 100_000 + "'",
    "a list": "seed: [" + "1, " * 150_000 + "]",
    "brackets": "seed: '" + "[" * 9_000 + "'",
}


# Data.


def data(file: str, what: str, folder: Path) -> list[str]:
    placed(folder / "work" / file, what, folder)
    source = {"csv": "csv", "jsonl": "jsonl", "json": "squad_json", "txt": "text", "conll": "conll"}[
        file.partition(".")[2]
    ]
    return ["check", f"dataset={source}", f"dataset.train={file}", *heads(source)]


def written(file: str, text: str, folder: Path) -> list[str]:
    words = data(file, "folder", folder)
    (folder / "work" / file).rmdir()
    (folder / "work" / file).write_text(text)
    return words


def large(file: str, start: str, size: int, folder: Path) -> list[str]:
    words = written(file, start, folder)
    with (folder / "work" / file).open("a") as stream:
        for _ in range(size >> 20):
            stream.write("a" * 2**20)
    return words


def heads(source: str) -> list[str]:
    named = {"squad_json": "span", "text": "masked_lm", "conll": "token_classification"}
    return [f"head={named[source]}", "dataset.max_length=128"] if source in named else []


def predicted(file: str, what: str, folder: Path) -> list[str]:
    handed(folder)
    placed(folder / "work" / file, what, folder)
    return ["predict", f"run=completed/{RUN}", f"input={file}", "output=out.jsonl"]


def predicted_through_a_link(folder: Path) -> list[str]:
    """The name of the draft of earlier versions."""
    handed(folder)
    (folder / "work/out.jsonl.part").symlink_to(folder / "home/.bashrc")
    return ["predict", f"run=completed/{RUN}", "input=test.csv", "output=out.jsonl"]


def damaged(name: str, what: str, command: str, folder: Path) -> list[str]:
    """A completed run with something else in the place of a file."""
    run = handed(folder)
    placed(run / name, what, folder)
    return {
        "evaluate": ["evaluate", f"run=completed/{RUN}"],
        "report": ["report", "completed"],
        "reproduce": ["reproduce", f"run=completed/{RUN}"],
        "export": ["export", f"run=completed/{RUN}", "output=exported"],
    }[command]


def config_of_a_run(text: str, folder: Path) -> list[str]:
    (handed(folder) / "config.yaml").write_text(text)
    return ["evaluate", f"run=completed/{RUN}"]


DAMAGED = [
    *(("metrics.json", what, "report") for what in ("deep", "digits", "list")),
    *(("model/task.json", what, "evaluate") for what in ("deep", "digits", "pipe", "/dev/zero")),
    *(("model/tokenizer.json", what, "evaluate") for what in ("deep", "gzip", "pipe", "/dev/zero")),
    *(("model/config.json", what, "evaluate") for what in ("deep", "list", "pipe")),
    *(("config.yaml", what, "evaluate") for what in ("deep", "gzip", "pipe", "folder", "/dev/zero", "socket")),
    *(("config.yaml", what, "report") for what in ("deep", "/dev/zero")),
    *(("status.json", what, "reproduce") for what in ("deep", "list", "pipe", "/dev/zero")),
]
FILES = [
    *(("a.csv", what) for what in ("pipe", "/dev/zero", "/dev/random", "folder", "socket", "gzip", "zip")),
    *(("a.jsonl", what) for what in ("deep", "digits", "gzip", "/dev/zero")),
    *(("a.json", what) for what in ("deep", "digits", "zip", "pipe")),
    *(("a.conll", what) for what in ("gzip", "/dev/zero")),
    *(("a.txt", what) for what in ("gzip", "/dev/random")),
]


# Bundles: archives with a valid digest, whose entries or listing attack who unpacks them.


def sealed(file: Path) -> None:
    """Give an archive the comment of a bundle, with the digest of its bytes."""
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = COMMENT + b"0" * DIGITS
    content = file.read_bytes()[:-DIGITS]
    file.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


def bundle(entries: dict[str, bytes], folder: Path, *, mode: int = 0o100644, **listed: object) -> list[str]:
    """A bundle with these entries, and with a listing that names them unless it is given."""
    files = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in entries.items()}
    listing = {"format": 1, "left_out": [], "blanked": [], "files": files} | listed
    file = folder / "work/x.zip"
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are given twice
        for number, (name, content) in enumerate([("bundle.json", json.dumps(listing).encode()), *entries.items()]):
            entry = zipfile.ZipInfo(name.removesuffix("<again>"))
            entry.external_attr = (mode if number else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if name == "zeros" else zipfile.ZIP_STORED
            archive.writestr(entry, content)
    sealed(file)
    return ["reproduce", "x.zip"]


def bomb(folder: Path) -> list[str]:
    return bundle({"zeros": bytes(2**26)}, folder)


def overlapping(folder: Path) -> list[str]:
    """Many entries that share the bytes of one (Fifield, 2019)."""
    content = os.urandom(2**16)
    record = [len(content), hashlib.sha256(content).hexdigest()]
    words = bundle(
        {"first": content}, folder, files={f"f{number}": record for number in range(1000)} | {"first": record}
    )
    with zipfile.ZipFile(folder / "work/x.zip", "a") as archive:
        first = archive.getinfo("first")
        for number in range(1000):
            entry = copy.copy(first)
            entry.filename = entry.orig_filename = f"f{number}"
            archive.filelist.append(entry)
        archive._didModify = True
    sealed(folder / "work/x.zip")
    return words


def counted(folder: Path) -> list[str]:
    """A directory of more files than a bundle may have."""
    words = bundle({"a": b""}, folder)
    with zipfile.ZipFile(folder / "work/x.zip", "a") as archive:
        archive.filelist += [archive.filelist[-1]] * 250_000
        archive._didModify = True
    sealed(folder / "work/x.zip")
    return words


def linked(name: str, folder: Path) -> list[str]:
    """A link that was handed over with a bundle, where it is unpacked, or where its runs are repeated."""
    words = bundled_run(folder)[:-1]
    (folder / "work" / name).parent.mkdir(exist_ok=True)
    (folder / "work" / name).symlink_to(folder / ("home/new" if name.startswith("x/") else "home"))
    return words


def bundled_run(folder: Path, **changes: bytes) -> list[str]:
    """A bundle of a run whose files were made by somebody else."""
    run = handed(folder)
    names = ("config.yaml", "manifest.json", "metrics.json", "status.json")
    found = {name: (run / name).read_bytes() for name in names}
    for name, content in changes.items():
        found[name.replace("_", ".")] = content
    return [*bundle({f"runs/{RUN}/{name}": content for name, content in found.items()}, folder), "check=true"]


def experiment_folder(folder: Path, **changes: object) -> list[str]:
    (folder / "work/x").mkdir()
    content = {"command": "tunesmith train", "seeds": [1], "test/f1": {"measured": [0.5]}} | changes
    (folder / "work/x/expected.json").write_text(json.dumps(content))
    return ["reproduce", "x"]


NAMES = {
    "leads up": "../../outside/x",
    "leads up inside": "a/../../../outside/x",
    "absolute": "/tmp/somewhere",
    "a drive": "C:/x",
    "backslashes": "..\\..\\outside\\x",
    "of the home": "~/../../outside/x\\",
    "empty part": "a//b",
    "a dot": "./a",
    "control characters": f"a{ESCAPES}",
    "long": "a" * 5000,
    "a device of Windows": "con.txt",
    "its own listing": "bundle.json<again>",
    "a NUL": "a\0b",
}


# What is shown: these commands work, and print nothing that a terminal obeys.


def hostile_scores(folder: Path) -> list[str]:
    run = handed(folder)
    found = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(found | {f"test/{ESCAPES}": 0.5, f"{ESCAPES}/f1": 1.0}))
    return ["report", "completed"]


def hostile_error(folder: Path) -> list[str]:
    run = handed(folder)
    (run / "status.json").write_text(json.dumps({"state": f"failed{ESCAPES}", "error": ESCAPES}))
    return ["report", "completed"]


def hostile_path(folder: Path) -> list[str]:
    handed(folder)
    (folder / "work/completed").rename(folder / "work" / ESCAPES.replace("/", "-"))
    return ["report", ESCAPES.replace("/", "-")]


def hostile_labels(folder: Path) -> list[str]:
    rows = [f"text {number},{name}" for number in range(40) for name in ("good", ESCAPES)]
    (folder / "work/a.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return ["check", "dataset=csv", "dataset.train=a.csv"]


def hostile_columns(folder: Path) -> list[str]:
    return written("a.csv", f"{ESCAPES},label\na,b\n", folder)


ATTACKS = [
    *(Attack(f"resume: {name} -> {what}", functools.partial(resumed, name, what)) for name, what in RESUMED),
    *(Attack(f"export: {name} -> {what}", functools.partial(exported, name, what)) for name, what in EXPORTED),
    *(
        Attack(f"config.yaml: name is {value}", functools.partial(renamed, "name", value, "reproduce"))
        for value in ("../../../outside", "/tmp/somewhere", "a/../../../outside", "~/x", "")
    ),
    *(
        Attack(f"sweep.json: {name}", functools.partial(reported, content))
        for name, content in {
            "a list": "[1]",
            "nested": DEEP,
            "digits": '{"identity": ' + "9" * 1_000_000 + "}",
            "a place as a number": job("../../outside/secret"),
            "no directory": json.dumps(SWEEP | {"directory": 1}),
            "overrides": job(overrides={"a": 1}),
            "jobs": json.dumps(SWEEP | {"jobs": {"a": 1}}),
        }.items()
    ),
    Attack("jobs/0001.yaml: aliases", functools.partial(reported, job(), job=LAUGHS)),
    Attack("jobs/0001.yaml: nested", functools.partial(reported, job(), job=DEEP)),
    *(
        Attack(f"report: {name} -> {what}", functools.partial(reported_place, name, what), status=0)
        for name, what in (("results.csv", "outside/secret.txt"), ("results.md", "home/.bashrc"))
    ),
    *(
        Attack(f"sweep: {name} -> {what}", functools.partial(swept, name, what))
        for name, what in (
            *((name, "outside") for name in ("logs", "jobs", "hydra")),
            *((name, "home/.bashrc") for name in ("study.log", "logs/0001.log", "sweep.json", "jobs/0001.yaml")),
            (".lock", "pipe"),
            ("sweep.json", "pipe"),
        )
    ),
    *(Attack(f"experiment: {name}", functools.partial(experiment, text)) for name, text in EXPERIMENTS.items()),
    *(
        Attack(f"experiment file: {what}", functools.partial(experiment_file, what))
        for what in ("pipe", "/dev/zero", "gzip", "folder")
    ),
    *(
        Attack(
            f"sweep.space: {name}", lambda folder, text=text: experiment(f"sweep:\n  space:\n    {text}", folder, "-m")
        )
        for name, text in SPACES.items()
    ),
    Attack("sweep.folder", lambda folder: experiment("sweep:\n  folder: /tmp/somewhere", folder, "-m", "seed=1,2")),
    *(Attack(f"data: {name} is {what}", functools.partial(data, name, what)) for name, what in FILES),
    Attack("data: half a cell", functools.partial(written, "a.csv", 'text,label\n"a,b\n')),
    Attack("data: a long line of text", functools.partial(large, "a.txt", "", 2**30), heavy=True),
    Attack("data: a long cell", functools.partial(large, "a.csv", 'text,label\n"', 100 * 2**20), heavy=True),
    Attack("data: a long string", functools.partial(large, "a.jsonl", '{"text": "', 100 * 2**20), heavy=True),
    *(
        Attack(f"predict: {name} is {what}", functools.partial(predicted, name, what))
        for name, what in (("in.jsonl", "pipe"), ("in.txt", "/dev/zero"), ("in.json", "deep"), ("in.csv", "gzip"))
    ),
    Attack("predict: a link at the draft", predicted_through_a_link, status=0),
    *(
        # A report goes on without the run.
        Attack(
            f"{command}: {name} is {what}",
            functools.partial(damaged, name, what, command),
            status=0 if command == "report" else 2,
        )
        for name, what, command in DAMAGED
    ),
    *(
        Attack(f"config.yaml: {name}", functools.partial(config_of_a_run, text))
        for name, text in {
            "aliases": LAUGHS,
            "levels": EXPERIMENTS["levels"],
            "digits": EXPERIMENTS["100,000 digits"],
            "labels": EXPERIMENTS["a million labels"],
            "a text": "x",
            "no groups": "seed: 1",
        }.items()
    ),
    *(  # the run is called missing
        Attack(f"report: metrics.json is {what}", functools.partial(damaged, "metrics.json", what, "report"), status=0)
        for what in ("folder", "pipe", "/dev/zero")
    ),
    *(
        Attack(f"bundle: a name that is {what}", functools.partial(bundle, {name: b"x"}))
        for what, name in NAMES.items()
    ),
    *(
        Attack(f"bundle: {what}", functools.partial(bundle, {"a": b"../../outside/secret.txt"}, mode=mode))
        for what, mode in (("a link", 0o120777), ("a device", 0o020666), ("a pipe", 0o010666), ("no kind", 0))
    ),
    *(
        Attack(f"bundle: {what}", functools.partial(bundle, entries))
        for what, entries in {
            "names given twice": {"a": b"1", "a<again>": b"1"},
            "names that differ in upper case": {"a/B": b"1", "A/b": b"2"},
            "a file that is also a folder": {"a": b"1", "a/b": b"2"},
            "no run": {"a": b"1"},
        }.items()
    ),
    *(
        Attack(f"bundle: listed {what}", functools.partial(bundle, {"a": b"1"}, files=files))
        for what, files in {
            "with another digest": {"a": [1, "0" * 64]},
            "with another size": {"a": [2**40, "0" * 64]},
            "as a list": ["a"],
            "with a file outside": {"../../outside/x": [1, "0" * 64]},
            "without it": {},
        }.items()
    ),
    Attack("bundle: zeros", bomb),
    Attack("bundle: entries that overlap", overlapping),
    Attack("bundle: 250,000 entries", counted),
    *(
        Attack(
            f"bundle: the file is {what}",
            lambda folder, what=what: (placed(folder / "work/x.zip", what, folder), ["reproduce", "x.zip"])[1],
        )
        for what in ("pipe", "/dev/zero", "socket", "gzip", "zip", "deep")
    ),
    *(
        Attack(f"bundle: {name} is a link", functools.partial(linked, name))
        for name in ("x", "x-reproduced", "x/bundle.json")
    ),
    *(
        Attack(f"bundle: {name} is {what}", functools.partial(bundled_run, **{name: content}), status=status)
        for name, what, content, status in (
            ("manifest_json", "nested", DEEP.encode(), 2),
            ("manifest_json", "a list", b"[1]", 2),
            (
                "manifest_json",
                "of lists",
                b'{"data": [1], "hardware": [2], "versions": 3, "model": 4, "plugins": [], "seconds": "x"}',
                0,
            ),
            ("manifest_json", "of escapes", json.dumps({"versions": {ESCAPES: ESCAPES}}).encode(), 0),
            ("metrics_json", "nested", DEEP.encode(), 2),
            ("config_yaml", "aliases", LAUGHS.encode(), 2),
        )
    ),
    *(
        Attack(f"expected.json: {name} is {value!r:.40}", functools.partial(experiment_folder, **{name: value}))
        for name, value in (
            ("command", "tunesmith train output_dir=/tmp/somewhere"),
            ("command", "tunesmith train name=../../outside"),
            ("command", "tunesmith train monitor=${oc.env:MY_API_KEY}"),
            ("command", "tunesmith train head._target_=os.system"),
            ("command", "tunesmith train; touch x"),
            ("seeds", list(range(100_000))),
            ("test/f1", {"measured": [1e400]}),
            ("test/f1", {"measured": ["x"]}),
        )
    ),
    Attack("shown: scores", hostile_scores, status=0),
    Attack("shown: an error", hostile_error, status=0),
    Attack("shown: a path", hostile_path, status=0),
    Attack("shown: labels", hostile_labels, status=0),
    Attack("shown: columns", hostile_columns),
]
