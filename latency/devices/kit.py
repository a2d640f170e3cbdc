"""The runner's folder on a device, kept there under the hash of its content: it is copied once, and verified each time."""

from __future__ import annotations

import contextlib
import shlex
import uuid
from collections.abc import Callable
from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.remote import KIT, RemoteWorkspace, Shell, run_checked

NAME = "mobileseg.kit-"
KEPT_DAYS = 30
"""A kit that was not used for so long belongs to a release that nobody has any more."""


def linked(kit: Path) -> Callable[[RemoteWorkspace], None]:
    """Puts ``kit`` into a workspace: a link to the folder that is kept beside it."""

    def place(space: RemoteWorkspace) -> None:
        folder = placed(space.shell, space.folder.rpartition("/")[0], kit)
        run_checked(space.shell, f"ln -s {shlex.quote(folder)} {shlex.quote(space.path(KIT))}", "a link to the runner")

    return place


def placed(shell: Shell, parent: str, kit: Path) -> str:
    """The folder below ``parent`` with the files of ``kit``; copied there if it is not, or not whole. Raises ``NoSpaceError``,
    ``DeviceError``."""
    folder = f"{parent}/{NAME}{sha256(kit)[:16]}"
    quoted = shlex.quote(folder)
    run_checked(
        shell,
        f"find {shlex.quote(parent)} -maxdepth 1 -name '{NAME}*' -mtime +{KEPT_DAYS} -exec rm -rf {{}} + 2>/dev/null; true",
        "to remove old runners",
    )
    there = run_checked(shell, f"[ -d {quoted} ] && touch {quoted} && echo there; true", "to look for the runner")
    if there.strip() == "there":
        with contextlib.suppress(DeviceError):
            RemoteWorkspace(shell, parent, ()).verify(kit, folder.rpartition("/")[2])
            return folder
    incoming = f"{NAME}{uuid.uuid4().hex}.new"
    aside = shlex.quote(f"{parent}/{incoming}")
    try:
        RemoteWorkspace(shell, parent, ()).push(kit, incoming)
        run_checked(shell, f"rm -rf {quoted} && mv {aside} {quoted}", "a place for the runner")
    except DeviceError:
        with contextlib.suppress(DeviceError):
            run_checked(shell, f"rm -rf {aside}", "to remove half a runner")
        raise
    return folder
