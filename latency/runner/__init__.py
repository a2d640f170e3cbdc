"""The process that is measured: ``python -m mobileseg.latency.runner`` loads files, runs them by the protocol and says so in JSON lines.

It imports nothing else of mobileseg, so that this folder alone can be copied to a board and run there as ``python -m runner``.
Arguments: ``arguments.py``; events: ``loop.py``.
"""
