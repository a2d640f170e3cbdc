"""mobileseg.fleet: many models on many devices, each figure measured once and kept.

``import mobileseg.fleet`` is cheap: Dask, pyarrow and DuckDB are imported when they are used.
"""

from mobileseg.fleet.interface.reporting import report
from mobileseg.fleet.interface.single import compare_once, export_once, measure_once
from mobileseg.fleet.interface.storing import index, query, trend
from mobileseg.fleet.interface.sweeping import plan_sweep, sweep
from mobileseg.fleet.interface.working import worker

__all__ = [
    "compare_once",
    "export_once",
    "index",
    "measure_once",
    "plan_sweep",
    "query",
    "report",
    "sweep",
    "trend",
    "worker",
]
