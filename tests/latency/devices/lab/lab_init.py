"""The init process of a lab: turns an unpacked userland into emulated ARM machines, prints ``ready``, and runs until its standard
input is closed. Run as root of new user, mount, network and process namespaces; the machines end with this process."""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
BINFMT = Path("/proc/sys/fs/binfmt_misc")


def mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def bind(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount("--bind", source, target)


def overlay(lower: Path, scratch: Path) -> Path:
    """Mount ``lower`` read-only with a writable layer; returns the root folder."""
    for name in ("upper", "work", "root"):
        (scratch / name).mkdir(parents=True)
    mount(
        "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={scratch}/upper,workdir={scratch}/work,userxattr",
        scratch / "root",
    )  # fmt: skip
    return scratch / "root"


def machine(root: Path, files: Path) -> None:
    """Mount /proc with the replacements in ``files``, /sys from ``files`` only, and some devices."""
    for name in ("proc", "dev", "tmp", "root"):
        (root / name).mkdir(exist_ok=True)
    mount("-t", "proc", "proc", root / "proc")
    for path in (files / "proc").rglob("*"):
        if path.is_file():
            mount("--bind", path, root / path.relative_to(files))
    for name in ("sys", "weather"):
        bind(files / name, root / name)
    mount("-t", "tmpfs", "tmpfs", root / "dev")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        bind(Path("/dev") / name, root / "dev" / name)
    (root / "dev/pts").mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", root / "dev/pts")
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    for path in (files / "bin").glob("*"):
        bind(path, root / "system/bin" / path.name)


def userland(arm: str, scratch: Path, storage: str) -> Path:
    """The root folder of one machine: Debian's userland with Android's shell beside it, and room for files in memory."""
    root = overlay(Path(arm), scratch)
    (root / "system/bin").mkdir(parents=True)
    for name in subprocess.run(
        [root / "usr/bin/toybox"], stdout=subprocess.PIPE, text=True, check=True,
        env={"LD_LIBRARY_PATH": "", "QEMU_LD_PREFIX": str(root)},
    ).stdout.split():  # fmt: skip
        (root / "system/bin" / name).symlink_to("/usr/bin/toybox")
    (root / "system/bin/sh").symlink_to("/usr/bin/mksh")
    (root / "usr/bin/sh").unlink()
    (root / "usr/bin/sh").symlink_to("dash")
    for name in ("data/local/tmp", "var/tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size={storage}", "tmpfs", root / name)
    return root


def main(arm: str, tools: str, scratch: str, storage: str, *files: str) -> None:
    with socket.socket() as loopback:
        fcntl.ioctl(loopback, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
    mount("-t", "binfmt_misc", "binfmt_misc", BINFMT)
    qemu = Path(tools) / "usr/bin/qemu-aarch64-static"  # flag F: opened now, so that it works in every root
    (BINFMT / "register").write_text(f":arm:M::{MAGIC}:{MASK}:{qemu}:F")
    mount("-t", "tmpfs", "tmpfs", scratch)
    for number, folder in enumerate(files):
        machine(userland(arm, Path(scratch) / f"arm{number or ''}", storage), Path(folder))
    station = overlay(Path(tools), Path(scratch) / "tools")
    for name in ("dev", "proc", "tmp", "root"):
        (station / name).mkdir(exist_ok=True)
    for name in ("dev", "proc"):
        mount("--rbind", f"/{name}", station / name)
    os.write(1, b"ready\n")
    sys.stdin.read()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, subprocess.CalledProcessError) as error:
        os.write(1, f"{error}\n".encode())
        os._exit(1)
