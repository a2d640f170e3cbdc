"""Examples in README.md and docs/ are tests: see tests/helpers/documents.py. Everything else is in tests/conftest.py."""

import sys
from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

sys.path.insert(0, str(Path(__file__).parent / "tests" / "helpers"))

from documents import ShellBlockParser, quick_start, shell, workshop  # the path is set above
from warm import warm

__all__ = ["pytest_collect_file", "quick_start", "shell", "warm", "workshop"]

pytest_collect_file = Sybil(
    [ShellBlockParser(), PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md", "docs/guides/*.md"],
    fixtures=["quick_start", "shell", "workshop"],
).pytest()
