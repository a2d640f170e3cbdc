"""mobileseg.latency: how fast exported files are, with the protocol stamped on the figures."""

from typing import TYPE_CHECKING

from mobileseg.latency.interface import advise, check_budget, check_times, diff, measure, unfinished

if TYPE_CHECKING:
    from mobileseg.latency.devices import devices
    from mobileseg.latency.report import report
else:
    # Two packages are called like the functions that they hold: both are modules that can be called. Type checkers do not follow
    # that, and see the functions.
    from mobileseg.latency import devices, report

__all__ = ["advise", "check_budget", "check_times", "devices", "diff", "measure", "report", "unfinished"]
