"""Debian's packages unpacked into a folder of the user's cache, for another architecture if needed; nothing is installed.

apt resolves and verifies with a configuration of its own, so that root is not needed and installed packages do not change.
"""

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mobileseg.call import call, last_lines
from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners import cache

MIRROR = "http://deb.debian.org/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = ("bookworm", "bookworm-backports")
TIMEOUT_S = 600.0
LIST = "packages.txt"


def userland(architecture: str, packages: Sequence[str], backported: str = "") -> Path:
    """The folder with ``packages`` and their dependencies, made at the first call. ``backported``: patterns of packages to take
    from backports. Raises ``EnvironmentLackError``."""
    recipe = "\n".join([architecture, *packages, MIRROR, *SUITES, backported])

    def make(folder: Path) -> None:
        if not Path(KEYS).exists():
            raise EnvironmentLackError(
                expected=f"{KEYS}, to verify Debian's packages",
                found="not installed",
                fix="apt-get install debian-archive-keyring",
            )
        _unpack(_download(folder.parent, architecture, packages, backported), folder)

    return cache.once(f"userland-{architecture}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}", make)


def _download(work: Path, architecture: str, packages: Sequence[str], backported: str) -> list[Path]:
    for name in ("etc/apt.conf.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    sources = "".join(f"deb [signed-by={KEYS}] {MIRROR} {suite} main\n" for suite in SUITES)
    (work / "etc/sources.list").write_text(sources)
    pin = f"Package: {backported}\nPin: release n={SUITES[1]}\nPin-Priority: 990\n" if backported else ""
    (work / "etc/preferences.d/backports").write_text(pin)
    options = {
        "Dir": work, "Dir::State": "state", "Dir::State::status": work / "status", "Dir::Cache": "cache", "Dir::Etc": "etc",
        "Dir::Etc::sourceparts": "-", "APT::Architecture": architecture, "APT::Architectures": architecture,
        "APT::Install-Recommends": "false", "APT::Sandbox::User": "", "Debug::NoLocking": "true", "Acquire::Languages": "none",
    }  # fmt: skip
    apt = ["apt-get", "--quiet", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    for command in (["update"], ["install", "--yes", "--download-only", *packages]):
        done = call([*apt, *command], TIMEOUT_S)
        if done.returncode != 0:
            raise EnvironmentLackError(
                expected=f"apt-get to fetch {' '.join(packages)} for {architecture}",
                found=last_lines(done.stderr),
                fix=f"check the connection to {MIRROR}",
            )
    return sorted((work / "cache/archives").glob("*.deb"))


def _unpack(archives: Sequence[Path], root: Path) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):  # as on every merged-/usr system
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for archive in archives:  # through tar, because dpkg-deb --extract would replace these links
        unpacking = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE)
        subprocess.run(
            ["tar", "--extract", "--keep-directory-symlink", "--no-same-owner", "--directory", str(root)],
            stdin=unpacking.stdout, check=True,
        )  # fmt: skip
        if unpacking.wait() != 0:
            raise OSError(f"{archive.name} cannot be unpacked")
    (root / LIST).write_text("".join(f"{archive.name}\n" for archive in archives))
