"""Checklist item C4: packages and their versions, evaluation software, code, seeds and commands."""

from collections.abc import Iterator, Mapping, Sequence

from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.exporting.run_facts import dataset_name
from tunesmith.report.answers.scoring import implementation
from tunesmith.report.answers.search import seeds_of
from tunesmith.report.answers.studies import UNKNOWN, Run, Study, counted, every_run, plural

_COMMANDS = 20
# Packages that compute only in some runs, by a part of a `_target_` in their config.
_WHERE_USED = {
    ".heads.crf.": "pytorch-crf",
    ".optim.lion.": "lion-pytorch",
    ".optim.schedule_free.": "schedulefree",
    ".optim.adamw_8bit.": "bitsandbytes",
    ".regularizers.lora.": "peft",
    ".regularizers.vera.": "peft",
}


def section(studies: Sequence[Study]) -> Section:
    """Versions, evaluation, code, seeds, commands."""
    runs = [run for run in every_run(studies) if run.started]
    parts: list[Part] = [*_packages(runs, searched=_searched(studies)), *_evaluation(runs), *_code(runs)]
    parts += [f"C4: Seeds of {study.name}: {seeds_of(study)}." for study in studies]
    parts += _determinism(runs)
    parts += _commands(studies)
    return Section("Software and commands (C4)", parts)


def _searched(studies: Sequence[Study]) -> bool:
    """Whether Optuna chose configurations."""
    return any(study.settings.get("sampler", "grid") != "grid" for study in studies)


def _packages(runs: Sequence[Run], *, searched: bool) -> Iterator[Part]:
    known = [run for run in runs if run.part("versions")]
    if not known:
        yield f"C4: The versions of packages are {UNKNOWN}."
        return
    names = dict.fromkeys(name for run in known for name in run.part("versions"))
    rows: list[list[Cell]] = []
    for name in names:
        rows.append([name, counted(_version(run.part("versions"), name) for run in known)])
    with_packages = [run for run in known if run.part("packages")]
    used = {
        name: [run for run in with_packages if mark in str(run.record.config)] for mark, name in _WHERE_USED.items()
    }
    used |= {"optuna": with_packages} if searched else {}
    for name, users in used.items():
        if users:
            rows.append([name, counted(_version(run.part("packages"), name) for run in users)])
    without = len(runs) - len(known)
    note = f"The versions of {plural(without, 'further run')} are {UNKNOWN}." if without else ""
    yield Table("appendix-packages", "Packages that compute", ["package", "version"], rows, note)
    numbers = sorted({len(run.part("packages")) for run in known if run.part("packages")})
    if numbers:
        installed = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        yield (
            f"C4: The manifest of each run lists the versions of all {installed} installed packages; the table has those that compute. Parameters of the "
            "packages are those of the configs; what a config does not set is the default of the version."
        )
    if any("(" in str(row[1]) for row in rows):
        yield "C4: Versions differ between runs, which are not averaged together unless all their recorded versions and data are the same."


def _version(versions: Mapping[str, object], name: str) -> str:
    if name not in versions:
        return UNKNOWN
    return "not installed as a package" if versions[name] is None else str(versions[name])


def _evaluation(runs: Sequence[Run]) -> Iterator[Part]:
    said: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.record.config:
            dataset = run.record.config["dataset"]
            version = run.part("versions").get("torchmetrics") or UNKNOWN
            said.setdefault(implementation(dataset, torchmetrics=str(version)), {})[dataset_name(dataset)] = None
    for text, names in said.items():
        yield f"C4: Evaluation on {', '.join(names)}. {text}"


def _code(runs: Sequence[Run]) -> Iterator[Part]:
    commits = [_commit(run.part("git")) for run in runs if run.manifest]
    if commits:
        yield f"C4: Commit of tunesmith's repository: {counted(commits)}."
    folders = [_commit(git) for run in runs if isinstance(git := run.part("working_folder").get("git"), Mapping)]
    if folders:
        yield f"C4: Commit of the repository in which the runs were started: {counted(folders)}."
    plugins = sorted({str(name) for run in runs for name in run.part("plugins")})
    if plugins:
        yield f"C4: The runs depend on the authors' own code: {', '.join(plugins)}."


def _commit(git: Mapping[str, object]) -> str:
    if not git.get("commit"):
        return UNKNOWN
    changed = {True: " with uncommitted changes", False: ""}.get(bool(git.get("changed")), "")
    return f"{git['commit']}{changed}"


def _determinism(runs: Sequence[Run]) -> Iterator[Part]:
    settings = [
        "deterministic" if run.record.config["trainer"].get("deterministic") else "not deterministic"
        for run in runs
        if run.record.config
    ]
    if settings:
        yield f"C4: Algorithms on GPUs (trainer.deterministic): {counted(settings)}. A run's seed sets its random numbers and the order of its data."


def _commands(studies: Sequence[Study]) -> Iterator[Part]:
    commands: dict[str, None] = {}
    missing = 0
    for study in studies:
        own = study.description.get("command")
        if isinstance(own, str) and own:
            commands[own] = None
        else:
            for run in filter(lambda run: run.started, study.runs):
                command = run.manifest.get("command")
                missing += not isinstance(command, str) or not command
                commands |= {command: None} if isinstance(command, str) and command else {}
    for command in list(commands)[:_COMMANDS]:
        yield f"C4: Command: {command}"
    if len(commands) > _COMMANDS:
        yield f"C4: {len(commands) - _COMMANDS} further commands are in the manifests of the runs."
    if missing:
        yield f"C4: The commands of {plural(missing, 'run')} are {UNKNOWN}."
    if commands:
        yield "C4: The command of a sweep is the last that ran it. Check that paths in commands do not identify the authors."
