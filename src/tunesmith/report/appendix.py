"""The appendix that reviewers ask for, from what the runs recorded; what they did not is said to be not recorded.

It answers items B6 and C1 to C4 of the Responsible NLP Research checklist of the ACL Rolling Review
(https://aclrollingreview.org/responsibleNLPresearch), and with them the reproducibility checklist of EMNLP 2020 and NAACL 2021
(https://2021.naacl.org/calls/reproducibility-checklist), which follows Dodge et al. (2019), Show Your Work.
"""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.documents.document import Section
from tunesmith.errors import UserError
from tunesmith.report.answers import compute, data, results, search, software
from tunesmith.report.answers.studies import every_run, studies
from tunesmith.report.records import Record
from tunesmith.sweeps.folder import FILE, SweepFolder


def sections(records: Sequence[Record], *, sweeps: Sequence[SweepFolder] = ()) -> list[Section]:
    """A section for each checklist item.

    Args:
        records: runs in any state; runs of no sweep are described as single runs.
        sweeps: that made some of the runs, from `sweeps_of`.
    """
    if not records:
        return [Section("Reproducibility", ["There are no runs, so nothing can be said of them."])]
    usable, unreadable = _readable(sweeps)
    found = studies(records, usable)
    runs = every_run(found)
    lead = Section(
        "Reproducibility",
        [
            "The letters name the item of the ACL Responsible NLP Research checklist that a paragraph answers: B6 statistics of the data, C1 model size, "
            "computing and infrastructure, C2 experimental setup and search of hyperparameters, C3 descriptive statistics of the results, C4 "
            "packages and evaluation. Together they answer the reproducibility checklist of EMNLP and NAACL (Dodge et al., 2019). Everything is taken "
            "from the files of the runs; what they do not have is said to be not recorded.",
            f"Runs: {len(runs)}. "
            + " ".join(_described(study.name, len(study.runs), len(study.stages)) for study in found),
            *unreadable,
        ],
    )
    return [
        lead,
        data.section(runs),
        compute.section(found),
        search.section(found),
        results.section(found),
        software.section(found),
    ]


def sweeps_of(places: Sequence[str | Path]) -> list[SweepFolder]:
    """The sweeps among some folders: those that are one, and those below `sweeps/` of an output folder."""
    found: dict[Path, SweepFolder] = {}
    for place in places:
        folder = Path(place).expanduser()
        for candidate in [folder, *sorted(folder.glob("sweeps/*/"))]:
            if (candidate / FILE).is_file():
                found.setdefault(candidate.resolve(), SweepFolder(candidate))
    return list(found.values())


def _readable(sweeps: Sequence[SweepFolder]) -> tuple[list[SweepFolder], list[str]]:
    """The sweeps that can be read, and a sentence for each other one."""
    usable, unreadable = [], []
    for sweep in sweeps:
        try:
            sweep.read()
        except UserError as error:
            unreadable.append(f"A sweep cannot be read, so its runs are described as single runs: {error}.")
        else:
            usable.append(sweep)
    return usable, unreadable


def _described(name: str, runs: int, stages: int) -> str:
    before = f", and {stages} of earlier stages" if stages else ""
    return f"{name[0].upper()}{name[1:]}: {runs}{before}."
