"""The process that is measured. ``python -m mobileseg.latency.runners.python`` loads files, runs them by the protocol and reports
in JSON lines.

It imports nothing else of mobileseg, so that this folder alone can be copied to a board and run there as ``python -m runner``.
Arguments: ``arguments.py``; events: ``loop.py``.
"""
