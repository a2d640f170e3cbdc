"""The process that is measured. ``python -m mobileseg.latency.runners.python`` loads files, runs them as its arguments say and
reports in JSON lines.

It imports nothing else of mobileseg, so this folder alone can be copied to a board and run there as ``python -m runner``. What a
system does not offer (memory and cores, outside Linux) is null in the events: not measured.
Arguments: ``arguments.py``; events: ``loop.py``.
"""
