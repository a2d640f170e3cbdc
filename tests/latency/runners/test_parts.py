"""Debian's packages: what is missing is named, headers too."""

from pathlib import Path

import pytest

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners import debian, parts
from mobileseg.latency.runners.debian import Part


def test_every_build_needs_the_headers() -> None:
    for needed in (parts.NATIVE, parts.CROSS, parts.ALL):
        assert set(parts.HEADERS) <= set(needed)


def test_a_missing_header_is_named(tmp_path: Path) -> None:
    here = tmp_path / "json.hpp"
    here.touch()
    lacking = [Part("nlohmann-json3-dev", str(here)), Part("libcli11-dev", str(tmp_path / "CLI.hpp"))]
    with pytest.raises(EnvironmentLackError, match="apt-get install libcli11-dev") as caught:
        parts.require(lacking, "building the runner")
    assert "json.hpp" not in caught.value.expected


def test_an_unknown_package_has_no_version() -> None:
    assert debian.version("there-is-no-such-package") == "unknown"
