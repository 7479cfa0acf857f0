"""The model card of an export: metadata as the hub reads it, how to use the model, its scores and its training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.documents.markdown import code, literal, table
from tunesmith.exporting import run_facts
from tunesmith.exporting.own_class import architecture
from tunesmith.exporting.usage import pipeline_tag, usage
from tunesmith.runs.folder import RunFolder


def write_card(run: RunFolder, config: Config, state: Mapping[str, Any], folder: Path) -> None:
    """Write README.md.

    Args:
        run: the completed run.
        config: its config.
        state: its model/task.json.
        folder: the export, complete but for the card.
    """
    from huggingface_hub import ModelCard

    manifest = run_facts.recorded(run, "manifest.json")
    data = _metadata(config, manifest, run_facts.scores(run), folder)
    body = _body(config, manifest, run_facts.scores(run), state, folder)
    ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}").save(folder / "README.md")


def _metadata(
    config: Config, manifest: Mapping[str, Any], scores: Mapping[tuple[str, str], float], folder: Path
) -> Any:
    from huggingface_hub import EvalResult, ModelCardData

    dataset, task = config["dataset"], pipeline_tag(folder, config["dataset"]["task"])
    hub = run_facts.hub_dataset(dataset)
    results = [
        EvalResult(
            task_type=task or str(dataset["task"]),
            dataset_type=hub or str(dataset["source"]),
            dataset_name=run_facts.dataset_name(dataset, split),
            dataset_config=dataset.get("config") if hub else None,
            dataset_split=split,
            metric_type=name,
            metric_value=value,
            metric_args={"average": dataset["average"]} if _averaged(name) and dataset.get("average") else None,
        )
        for (split, name), value in scores.items()
    ]
    return ModelCardData(
        base_model=run_facts.base_model(config, manifest),
        datasets=hub,
        library_name="sentence-transformers" if (folder / "modules.json").is_file() else "transformers",
        pipeline_tag=task,
        tags=["tunesmith"],
        model_name=str(config["name"]),
        eval_results=results or None,
    )


def _averaged(name: str) -> bool:
    return name in ("precision", "recall", "f1")


def _body(
    config: Config,
    manifest: Mapping[str, Any],
    scores: Mapping[tuple[str, str], float],
    state: Mapping[str, Any],
    folder: Path,
) -> str:
    labels = [str(label) for label in state.get("labels", ())]
    opening = (
        f"{code(architecture(folder))}, fine-tuned with tunesmith on {code(run_facts.dataset_name(config['dataset']))}."
    )
    sections = {
        "How to use": usage(folder, config["dataset"], config["head"], state),
        "Scores": _scores(scores),
        "Training": _list(run_facts.settings(config, manifest, labels)),
        "Versions": _list(versions if isinstance(versions := manifest.get("versions"), dict) else {}),
    }
    written = "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items() if text)
    return f"# {code(config['name'])}\n\n{opening}\n{written}"


def _scores(scores: Mapping[tuple[str, str], float]) -> str:
    splits, names = list(dict.fromkeys(split for split, _ in scores)), list(dict.fromkeys(name for _, name in scores))
    rows = [
        [name, *(f"{scores[split, name]:.4f}" if (split, name) in scores else None for split in splits)]
        for name in names
    ]
    return table(["score", *splits], rows) if rows else ""


def _list(facts: Mapping[str, Any]) -> str:
    return "\n".join(f"- {literal(name)}: {code(value)}" for name, value in facts.items() if value is not None)
