"""The data sources boards ask, and questions in the form each of them takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from typing_extensions import override

CLICKHOUSE = "grafana-clickhouse-datasource"
PLUGIN_VERSION = "4.0.0"
"""Least version of the plugin: the first with ``queryType`` in place of a format."""
GRAFANA_VERSION = "11.6.0"
"""Least version of Grafana."""

EVERYDAY = DataSourceRef(type_val=CLICKHOUSE, uid="whosaw-everyday")
"""The store as a user who may read everyday views only."""
INQUIRY = DataSourceRef(type_val=CLICKHOUSE, uid="whosaw-inquiry")
"""The store as a user who may read names and subjects; its own organisation."""
METRICS = DataSourceRef(type_val="prometheus", uid="whosaw-metrics")
"""The Prometheus that scrapes ``/metrics`` of the sidecars."""


class Shape(Enum):
    """What the plugin makes of the rows."""

    SERIES = ("timeseries", 0)
    """A column ``time``, then numbers; a text column becomes a label."""
    ROWS = ("table", 1)
    """As they are."""


@dataclass(frozen=True, slots=True)
class Question(Dataquery):
    """SQL for the ClickHouse data source, as its query editor would store it."""

    sql: str
    source: DataSourceRef
    shape: Shape = Shape.ROWS
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """The plugin's query model (version 4)."""
        query_type, form = self.shape.value
        return {
            "datasource": self.source.to_json(),
            "editorType": "sql",
            "format": form,
            "pluginVersion": PLUGIN_VERSION,
            "queryType": query_type,
            "rawSql": self.sql,
            "refId": self.ref_id,
        }


@dataclass(frozen=True, slots=True)
class Asked(Builder[Dataquery]):
    """A question where the SDK wants a builder of one."""

    question: Question

    @override
    def build(self) -> Dataquery:
        return self.question


def metric(expr: str, legend: str = "", ref_id: str = "A") -> prometheus.Dataquery:
    """PromQL; ``legend`` may name labels as ``{{label}}``."""
    query = prometheus.Dataquery().expr(expr).ref_id(ref_id).datasource(METRICS)
    return query.legend_format(legend).range()
