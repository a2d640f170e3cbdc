"""A device's shell that is this machine's: lines arrive in pieces, and the connection can break."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

from mobileseg.latency.devices.contract import DeviceError, DeviceLostError


class Local:
    """``cut``: bytes after which the connection breaks; ``spoil``: what is sent arrives changed."""

    def __init__(self) -> None:
        self.cut: int | None = None
        self.spoil = False

    def stream(self, script: str, silence_s: float = 60) -> Generator[bytes, None, None]:
        process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert process.stdout is not None
        try:
            while chunk := os.read(process.stdout.fileno(), 7):  # lines arrive in pieces
                if self.cut is not None:
                    chunk, self.cut = chunk[: self.cut], max(0, self.cut - len(chunk))
                    if not chunk:
                        return
                yield chunk
        finally:
            process.stdout.close()
            if self.cut is not None:
                process.kill()
            process.wait()

    def send(self, local: Path, remote: str) -> None:
        data = local.read_bytes()
        Path(remote).write_bytes(data[:-1] + b"?" if self.spoil else data)
        Path(remote).chmod(0o755)

    def fetch(self, remote: str, local: Path) -> None:
        local.write_bytes(b"" if self.spoil else Path(remote).read_bytes())

    def failure(self) -> DeviceError:
        return DeviceLostError(expected="a device", found="none", fix="plug it in")
