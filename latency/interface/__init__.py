"""What ``import mobileseg.latency`` offers, a file a question. Nothing heavy is imported until a function is called."""

from mobileseg.latency.interface.judging import check_budget, diff
from mobileseg.latency.interface.measuring import measure, unfinished

__all__ = ["check_budget", "diff", "measure", "unfinished"]
