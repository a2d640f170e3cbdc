"""Parts of the machine that some tests need: where they are not here, the tests skip, or fail where they are required."""

import os
from typing import NoReturn

import pytest


def lacking(reason: object, *variables: str) -> NoReturn:
    """Skip with the reason; fail where one of the environment's ``variables`` is set."""
    if any(os.environ.get(name) for name in variables):
        pytest.fail(f"required here: {reason}")
    pytest.skip(str(reason))
