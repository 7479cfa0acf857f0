"""TensorBoard's page HParams: a row for each run, with its settings and final scores.

Its table has columns for the first settings only, in the order of `differs` and name; each run says which of its settings its
sweep varies, for the page does not compare the runs.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.loggers.flat_config import flat

_VARIED = "varied."  # how the paths of settings begin that a sweep varies


def hparams(config: Mapping[str, Any], name: str, scores: Mapping[str, float]) -> Iterator[Any]:
    """The summaries to write, once a run has ended.

    Args:
        config: nested, as it is described to dashboards.
        name: of the run, in the column of names.
        scores: by the tags that they are logged with.
    """
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    settings = {path: _known(value) for path, value in flat(config)}
    telling = _VARIED if "varied" in config else "seed"
    infos = [
        api_pb2.HParamInfo(
            name=path,
            display_name=path.removeprefix(_VARIED),
            type=_type(value),
            differs=path.startswith(telling),
        )
        for path, value in settings.items()
    ]
    metrics = [
        api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=tag.removeprefix("final/")) for tag in scores
    ]
    start = plugin_data_pb2.SessionStartInfo(
        # Runs of one group would be one row with the means of their scores, so the id makes it the only one.
        group_name=f"{name} ({config.get('run_id', '')})",
        start_time_secs=time.time(),
    )
    for path, value in settings.items():
        field = {bool: "bool_value", str: "string_value"}.get(type(value), "number_value")
        setattr(start.hparams[path], field, value)
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=time.time())
    yield _summary(metadata.EXPERIMENT_TAG, experiment=api_pb2.Experiment(hparam_infos=infos, metric_infos=metrics))
    yield _summary(metadata.SESSION_START_INFO_TAG, session_start_info=start)
    yield _summary(metadata.SESSION_END_INFO_TAG, session_end_info=end)


def _summary(tag: str, **content: Any) -> Any:
    """TensorBoard's own functions for it need TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    data = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**content))
    return Summary(value=[Summary.Value(tag=tag, tensor=metadata.NULL_TENSOR, metadata=data)])


def _known(value: Any) -> bool | int | float | str:
    """A value that HParams knows."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def _type(value: bool | float | str) -> int:
    from tensorboard.plugins.hparams import api_pb2

    if isinstance(value, bool):
        return int(api_pb2.DATA_TYPE_BOOL)
    return int(api_pb2.DATA_TYPE_STRING if isinstance(value, str) else api_pb2.DATA_TYPE_FLOAT64)
