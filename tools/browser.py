"""Brings the browser that reports are tested in: Debian's chromium, installed where this runs as root. A second call does nothing.

`--if-possible` says why it cannot be done and continues, unless CI or MOBILESEG_REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import argparse
import os
import sys

from debian_packages import install

from mobileseg.errors import MobilesegError
from mobileseg.latency.runners.debian import Part

REQUIRED = ("CI", "MOBILESEG_REQUIRE_BROWSER")
BROWSER = (Part("chromium", "chromium"),)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--if-possible", action="store_true", help="no failure where it cannot be had")
    asked = parser.parse_args()
    try:
        installed = install(BROWSER, "testing a report in a browser", "test")
    except MobilesegError as error:
        print(f"there is no browser: {error}", file=sys.stderr)
        optional = asked.if_possible and not any(os.environ.get(name) for name in REQUIRED)
        return 0 if optional else error.exit_code
    if installed:
        print(f"installed {' '.join(installed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
