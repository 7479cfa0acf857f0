"""HParams, in the order and the groups in which TensorBoard's own page shows them."""

from tensorboard.plugins.hparams import backend_context, plugin_data_pb2

from tunesmith.loggers.tensorboard_hparams import hparams


def read(config):
    summaries = hparams(config, "lr=3e-5", {"final/test/f1": 0.5})
    contents = [summary.value[0].metadata.plugin_data.content for summary in summaries]
    experiment, start, end = map(plugin_data_pb2.HParamsPluginData.FromString, contents)
    backend_context._sort_and_reduce_to_hparams_limit(experiment.experiment, 2)  # columns of the page
    return experiment.experiment, start.session_start_info, end.session_end_info


def test_the_first_columns_are_what_the_sweep_varies_and_runs_are_rows():
    config = {"a": {"b": 1, "c": [2]}, "seed": 3, "d": True, "e": None, "f": 1.5, "varied": {"lr": 3e-5, "head": "crf"}}
    experiment, start, end = read(config | {"run_id": "0a1b"})
    assert [info.display_name for info in experiment.hparam_infos] == ["head", "lr"]
    assert start.group_name == "lr=3e-5 (0a1b)" and end.status == 1  # success
    values = {path: getattr(value, value.WhichOneof("kind")) for path, value in start.hparams.items()}
    assert values == {
        **{"a.b": 1, "a.c": "[2]", "seed": 3, "d": True, "e": "None", "f": 1.5, "run_id": "0a1b"},
        **{"varied.lr": 3e-5, "varied.head": "crf"},
    }
    assert [info.name.tag for info in experiment.metric_infos] == ["final/test/f1"]


def test_runs_without_a_sweep_are_told_apart_by_their_seed():
    experiment, _, _ = read({"a": 1, "b": 2, "seed": 3})
    assert [info.name for info in experiment.hparam_infos] == ["seed", "a"]
