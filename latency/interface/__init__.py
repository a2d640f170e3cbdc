"""What ``import mobileseg.latency`` offers, a file a question. Nothing heavy is imported until a function is called."""

from mobileseg.latency.interface.advising import advise
from mobileseg.latency.interface.judging import check_budget, check_times, diff
from mobileseg.latency.interface.measuring import measure, unfinished

__all__ = ["advise", "check_budget", "check_times", "diff", "measure", "unfinished"]
