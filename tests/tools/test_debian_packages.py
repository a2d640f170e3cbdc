"""Debian's packages: named where they are not here, installed where this is root. apt-get is a script."""

import os
from pathlib import Path

import pytest
from debian_packages import install

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners import debian
from mobileseg.latency.runners.debian import Part

PARTS = (Part("shell", "/bin/sh"), Part("thing-package", "thing"), Part("file-package", "/none/file"))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def apt(programs: Path, script: str) -> None:
    (programs / "apt-get").write_text(f'#!/bin/sh\necho "$@" >>{programs}/said\n{script}\n')
    (programs / "apt-get").chmod(0o755)


def said(programs: Path) -> list[str]:
    path = programs / "said"
    return path.read_text().splitlines() if path.exists() else []


def test_what_is_not_here_is_named_with_its_purpose_and_the_way() -> None:
    debian.require(PARTS[:1], "testing", "test")
    with pytest.raises(EnvironmentLackError) as caught:
        debian.require(PARTS, "testing", "test")
    assert caught.value.expected == "thing, /none/file for testing"
    assert (
        "make test" in caught.value.fix and "apt-get install thing-package file-package (Debian 12)" in caught.value.fix
    )


def test_what_is_here_is_not_installed(programs: Path) -> None:
    apt(programs, "exit 1")
    assert install(PARTS[:1], "testing", "test") == () and said(programs) == []


def test_nobody_but_root_installs(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt(programs, "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EnvironmentLackError, match="for testing"):
        install(PARTS, "testing", "test")
    assert said(programs) == []


def test_old_lists_are_renewed_and_it_is_tried_again(programs: Path) -> None:
    apt(
        programs,
        f"case $1 in update) touch {programs}/new;; *) [ -e {programs}/new ] && cp /bin/sh {programs}/thing;; esac",
    )
    assert install(PARTS[:2], "testing", "test") == ("thing-package",)
    wanted = "install --yes --no-install-recommends thing-package"
    assert said(programs) == [wanted, "update", wanted]


def test_a_package_that_does_not_bring_its_program_is_a_failure(programs: Path) -> None:
    apt(programs, "exit 0")
    with pytest.raises(EnvironmentLackError, match="thing for testing"):
        install(PARTS[:2], "testing", "test")


def test_what_cannot_be_had_is_said_in_apts_words(programs: Path) -> None:
    apt(programs, "echo 'E: Unable to locate package' >&2; exit 100")
    with pytest.raises(EnvironmentLackError, match="Unable to locate package"):
        install(PARTS[:2], "testing", "test")


def test_versions_are_dpkgs(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert debian.version("nothing-of-that-name") == "unknown"
    monkeypatch.setenv("PATH", str(programs))
    assert debian.version("dpkg") == "unknown"
