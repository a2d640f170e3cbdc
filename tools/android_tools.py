"""What the app's check build needs from Debian, installed where this runs as root: `make android-tools`. A second call does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from debian_packages import install

from mobileseg.errors import EnvironmentLackError, MobilesegError
from mobileseg.latency.runners.debian import Part

JAVA = 17  # what Robolectric's newest framework runs on
PARTS = (
    Part("openjdk-17-jdk-headless", "javac"),
    Part("maven", "mvn"),
    Part("aapt", "aapt2"),
    Part("zipalign", "zipalign"),
    Part("apksigner", "apksigner"),
    Part("dexdump", "dexdump"),
    Part("zip", "zip"),
    Part("unzip", "unzip"),
)


def _check_java() -> None:
    release = Path("/usr/lib/jvm")
    homes = sorted(release.glob(f"java-{JAVA}-openjdk*/release")) if release.is_dir() else []
    if not homes:
        raise EnvironmentLackError(
            expected=f"a JDK {JAVA} in {release}",
            found="none",
            fix=f"apt-get install openjdk-{JAVA}-jdk-headless (Debian 12)",
        )


def main() -> int:
    """The exit status."""
    try:
        installed = install(PARTS, "the app's check build", "android-tools")
        if installed:
            print(f"installed {' '.join(installed)}")
        _check_java()
    except MobilesegError as error:
        print(f"expected {error.expected}; found {error.found}; fix: {error.fix}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
