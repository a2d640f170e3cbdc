from collections.abc import Callable
from pathlib import Path

import pytest
from scenes import make_scenes


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """See ``make_scenes``; of one kind, in a folder of its own."""
    return lambda kind: make_scenes(tmp_path_factory.mktemp(kind), kind)
