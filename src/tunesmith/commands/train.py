"""`tunesmith train`: one run, or with -m a sweep."""

from tunesmith.commands.arguments import TrainArguments


def run(arguments: list[str]) -> int:
    """Train unless completed; return the exit status."""
    from tunesmith.training.lost_output import lost_output_is_survived

    given = TrainArguments.parse(arguments)
    if given.multirun:
        from tunesmith.report.results import write_results
        from tunesmith.sweeps.sweep import sweep

        with lost_output_is_survived():
            return 0 if sweep(given.overrides, config_dir=given.config_dir, report=write_results) else 1
    config = given.config()
    if config is None:
        return 0
    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.checks.dropped import dropped_defaults
    from tunesmith.configuration.monitor import score_names
    from tunesmith.runs.completed import completed_run

    check(config)
    for line in dropped_defaults(config):
        print(line)
    folder = completed_run(config)
    if folder is not None:
        from tunesmith.runs.score_table import print_scores
        from tunesmith.runs.stopped_early import recorded, sentence

        rows, stopped = folder.recorded.rows, recorded(folder.status())
        first, note = score_names(config["dataset"]), sentence(stopped, rows.get("validation")) if stopped else ""
        print_scores(folder.scores(), title=str(config["name"]), first=first, examples=rows, note=note)
        print(f"Already completed: {folder.path}; another seed or name=... starts a new run")
        return 0
    from tunesmith.training import logging_setup

    logging_setup.configure_libraries()
    from tunesmith.training.train import train

    with lost_output_is_survived():
        print(f"Completed: {train(config).path}")
    return 0
