"""Examples in README.md and docs/ are tests: see tests/helpers/documents.py. Everything else is in tests/conftest.py."""

import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

sys.path.insert(0, str(Path(__file__).parent / "tests" / "helpers"))

from documents import ShellBlockParser, quick_start, shell, workshop  # the path is set above
from warm import warm

GUIDES = Path(__file__).parent / "docs" / "guides"
__all__ = ["pytest_collect_file", "pytest_collection_modifyitems", "quick_start", "shell", "warm", "workshop"]

pytest_collect_file = Sybil(
    [ShellBlockParser(), PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md", "docs/guides/*.md"],
    fixtures=["quick_start", "shell", "workshop"],
).pytest()


@pytest.hookimpl(tryfirst=True)  # before marks choose
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """README.md and the quick start are tried by ``make test``, the guides by ``make test-thorough``."""
    for item in items:
        if GUIDES in item.path.parents:
            item.add_marker(pytest.mark.thorough)
