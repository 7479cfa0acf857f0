"""What `tunesmith COMMAND --help` prints: the keys of each command, and two examples; the completion of a shell reads it too."""

from typing import NamedTuple

from tunesmith.errors.narrow import fitted

_RUN = "folder of a completed run: runs/NAME/ID"
_CONFIG_DIR = "a folder with your own groups, such as dataset/mine.yaml"
_READING = "how the input is read: dataset.encoding=cp1252, dataset.delimiter=;, dataset.text=COLUMN"


class Page(NamedTuple):
    """One command's page.

    Attributes:
        keys: each key, option or place of the command, and its meaning.
        examples: two command lines.
    """

    keys: dict[str, str]
    examples: tuple[str, str]


PAGES = {
    "train": Page(
        {
            "group=choice": "tunesmith list shows groups and choices; of several: regularization=[standard,rdrop]",
            "key=value": "tunesmith list optimizer adamw, or tunesmith list optimizer.lr, shows keys with type and default",
            "-m": "a sweep: key=a,b or key=range(1,4) are several runs; sweep=tpe searches key=interval(1e-5,1e-3)",
            "--cfg job": "prints the config with its comments, and trains nothing; --cfg all: with ${...} resolved",
            "--resolve": "with --cfg job, the same as --cfg all",
            "--package KEY": "with --cfg, prints only what is below a key: --package optimizer",
            "--config-dir DIR": _CONFIG_DIR,
        },
        (
            "tunesmith train backbone=bert dataset=csv dataset.train=train.csv dataset.text=review dataset.label=stars",
            "tunesmith train -m optimizer.lr=1e-5,3e-5 seed=1,2,3",
        ),
    ),
    "check": Page(
        {
            "group=choice": "as for tunesmith train",
            "key=value": "as for tunesmith train",
            "-m": "checks every run of a sweep",
            "--cfg job": "prints the config with its comments, and checks nothing; --cfg all: with ${...} resolved",
            "--resolve": "with --cfg job, the same as --cfg all",
            "--package KEY": "with --cfg, prints only what is below a key: --package optimizer",
            "--config-dir DIR": _CONFIG_DIR,
        },
        (
            "tunesmith check dataset=conll dataset.train=train.conll head=crf",
            "tunesmith check -m optimizer.lr=1e-5,3e-5 seed=1,2,3",
        ),
    ),
    "evaluate": Page(
        {
            "run=DIR": _RUN,
            "dataset=...": "other data than the run's own: dataset=csv dataset.test=FILE",
            "key=value": "other settings for scoring: dataset.eval_batch_size=128, trainer.accelerator=cpu",
            "output=DIR": "a new folder for metrics.json and predictions/; without it, scores are only printed",
            "wandb=true": "with output=DIR, logs the scores to Weights & Biases, where the run's own logger does",
        },
        (
            "tunesmith evaluate run=runs/NAME/ID dataset.test=test.csv",
            "tunesmith evaluate run=runs/NAME/ID output=scores",
        ),
    ),
    "predict": Page(
        {
            "run=DIR": _RUN,
            "input=FILE": "JSON lines, CSV, TSV or text, by its ending; - is standard input",
            "output=FILE": "JSON lines or CSV, by its ending; - is standard output",
            "key=value": _READING,
        },
        (
            "tunesmith predict run=runs/NAME/ID input=new.csv output=predictions.csv",
            "tunesmith predict run=runs/NAME/ID input=- output=- < new.jsonl",
        ),
    ),
    "attention": Page(
        {
            "run=DIR": _RUN,
            "input=FILE": "texts, as for tunesmith predict",
            "output=DIR": "a new folder for attention.html and PNGs",
            "limit=NUMBER": "texts that are drawn: 10",
            "layer=NUMBER": "one layer, from 1",
            "head=NUMBER": "one attention head, from 1",
            "key=value": _READING,
        },
        (
            "tunesmith attention run=runs/NAME/ID input=new.csv output=attention",
            "tunesmith attention run=runs/NAME/ID input=new.csv output=attention limit=3 layer=1",
        ),
    ),
    "report": Page(
        {
            "DIR": "a sweep's folder, a run's, or one with runs at any depth, links in it left out; several may be given",
            "output=FOLDER": "of report.html, tables, figures and appendix; DIR/report if left out, and report/ for several",
            "baseline=...": "compares all with it: baseline='optimizer.lr=1e-4', or the folder of one of its runs",
            "score=NAME": "that ranks and compares, such as test/f1; the monitored one if left out",
            "rows=KEY": "a table of methods and tasks: rows=regularization columns=dataset; over several tasks, ranks too",
            "columns=KEY": "the setting in the columns of that table; dataset if left out",
        },
        ("tunesmith report runs/sweeps/ID baseline='optimizer.lr=1e-4'", "tunesmith report runs/ rows=regularization"),
    ),
    "dashboard": Page(
        {
            "DIR": "a sweep's folder, whose jobs log to Weights & Biases",
            "output=FILE": "what is sent, as JSON: DIR/dashboard.json; without a key or network it is only written there",
            "project=NAME": "at W&B; that of the jobs if left out",
            "entity=NAME": "user or team; that of the jobs, or the account's default, if left out",
        },
        ("tunesmith dashboard runs/sweeps/ID", "tunesmith dashboard runs/sweeps/ID output=views.json"),
    ),
    "sync": Page(
        {
            "DIR": "a folder with runs, at any depth; links in it are not followed",
            "timeout_seconds=NUMBER": "how long a run may take to send: 60; then it is left, and the next one is sent",
        },
        ("tunesmith sync runs/", "tunesmith sync runs/sweeps/ID timeout_seconds=600"),
    ),
    "list": Page(
        {
            "group": "its choices, and the keys of its default: optimizer",
            "choice": "behind its group, its keys with meaning, type and default: optimizer adamw",
            "key": "wherever it occurs: optimizer.lr, regularization.rdrop, seed",
            "metrics": "what dataset.metrics may name, by task",
            "--config-dir DIR": _CONFIG_DIR,
        },
        ("tunesmith list optimizer adamw", "tunesmith list dataset.max_length"),
    ),
    "new": Page(
        {
            "KIND": "head, dataset, regularizer, metric, experiment, callback or logger",
            "NAME": "by which it is chosen: lower-case letters, digits and underscores; no file is overwritten",
        },
        ("tunesmith new head my_head", "TUNESMITH_PLUGINS=./my_head tunesmith new metric my_metric"),
    ),
    "reproduce": Page(
        {
            "run=DIR": _RUN,
            "DIR": "a sweep, a folder of runs, or an experiment with an expected.json",
            "FILE": "a bundle of tunesmith bundle",
            "check=true": "only says what is missing here",
            "output_dir=DIR": "where the repeated runs go",
            "key=value": "where data and models are on this machine: dataset.train=FILE, backbone.name=DIR",
        },
        ("tunesmith reproduce run=runs/NAME/ID", "tunesmith reproduce paper.zip check=true"),
    ),
    "bundle": Page(
        {
            "DIR": "sweeps or runs; several may be given",
            "output=FILE": "a new file that ends in .zip",
            "weights=true": "with the models' weights",
            "predictions=false": "without predictions, which hold the data's texts",
        },
        (
            "tunesmith bundle runs/sweeps/ID output=paper.zip",
            "tunesmith bundle runs/NAME/ID output=run.zip weights=true predictions=false",
        ),
    ),
    "export": Page(
        {"run=DIR": _RUN, "output=DIR": "a new folder that transformers' from_pretrained loads"},
        (
            "tunesmith export run=runs/NAME/ID output=my_model",
            "tunesmith export run=runs/NAME/ID output=models/reviews",
        ),
    ),
    "completion": Page(
        {"bash": "prints the script for bash; likewise zsh and fish"},
        (
            'eval "$(tunesmith completion bash)"',
            "tunesmith completion fish > ~/.config/fish/completions/tunesmith.fish",
        ),
    ),
}


def page(command: str, *, arguments: str, summary: str) -> str:
    """The page of a command.

    Args:
        command: its name.
        arguments: as on the page of all commands.
        summary: likewise.
    """
    keys, examples = PAGES[command]
    width = max(map(len, keys))
    blocks = [
        f"tunesmith {command} {arguments}\n  {summary}",
        "\n".join(["Arguments:", *(f"  {key:<{width}}  {meaning}" for key, meaning in keys.items())]),
    ]
    if command in ("train", "check"):
        blocks.append(_settings_of_a_run())
    blocks.append("\n".join(["Examples:", *(f"  {example}" for example in examples)]))
    return fitted("\n\n".join(blocks)) + "\n"


def _settings_of_a_run() -> str:
    """The keys that are in no group, and the groups with their defaults."""
    from tunesmith.configuration.listing import setting_lines
    from tunesmith.configuration.reference import default_choices, run_settings

    defaults = [f"{group}={','.join(names)}" for group, names in default_choices().items()]
    return f"Keys:\n{setting_lines(run_settings())}\n\nGroups, with their defaults:\n  {' '.join(defaults)}"
