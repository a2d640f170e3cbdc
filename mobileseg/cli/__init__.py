"""The command line: a thin layer over the Python interface."""

from mobileseg.cli.app import app
from mobileseg.cli.entry import main

__all__ = ["app", "main"]
