"""How the suite is spread over its workers."""

import os

import pytest


def test_a_files_tests_stay_together(request: pytest.FixtureRequest) -> None:
    """Else two workers export the same files: the suite then takes twice its time."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs everything")
    assert request.node.nodeid.endswith("@tests/test_groups.py")
