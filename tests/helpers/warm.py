"""The command line in a process of its own that has its libraries already: importing them takes longer than most commands.

One process a worker imports them and forks for every command, which has its own folder, environment, standard streams and exit
code as any process has. What differs where a command loads its libraries itself is shown by the tests that start it cold.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

LIBRARIES = (
    "torch",
    "torchao",
    "onnxruntime",
    "onnx",
    "numba",
    "onnxscript.function_libs.torch_lib.ops",  # this and the next two: what an export imports, in up to half of its time
    "torch.onnx._internal.exporter._core",
    "executorch.backends.xnnpack.partition.xnnpack_partitioner",
    "mobileseg.export.pipeline",
    "mobileseg.latency",
    "mobileseg.interface",
    "mobileseg.cli",
)
MOST_BYTES = 1 << 20  # of a request
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [said], [0, 1, 2])
    code = int(server.recv(16))
os.kill(os.getpid(), -code) if code < 0 else os._exit(code)
"""


class Warm:
    """The process that forks, from the first command on, and a folder with ``mobileseg`` that asks it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    @property
    def folder(self) -> Path:
        """For PATH."""
        if self._process is None:
            address = str(self._folder / "socket")
            self._process = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE, text=True)
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == "ready\n"
            client = self._folder / "mobileseg"
            client.write_text(CLIENT.format(python=sys.executable, address=address))
            client.chmod(0o755)
        return self._folder

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()  # torch takes seconds to leave politely
            self._process.communicate()


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """One for all tests of a worker."""
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:  # a socket's path has to be short
        process = Warm(Path(folder))
        yield process
        process.stop()


def _serve(address: str) -> None:
    from mobileseg.cli.entry import ENVIRONMENT
    from mobileseg.quiet import quiet

    os.environ.update({name: os.environ.get(name, value) for name, value in ENVIRONMENT.items()})
    with quiet():
        for library in LIBRARIES:
            import_module(library)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for the commands
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        os.write(1, b"ready\n")
        while True:
            asked, _ = server.accept()
            if not os.fork():
                server.close()
                _answer(asked)
            asked.close()


def _answer(asked: socket.socket) -> NoReturn:
    said, streams, _, _ = socket.recv_fds(asked, MOST_BYTES, 3)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if not command:
        asked.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _become(*json.loads(said))
    _, status = os.waitpid(command, 0)
    asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    from mobileseg.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["mobileseg", *arguments]
    try:
        main()
    finally:  # a command ends by itself: nothing here goes on as a second server
        os._exit(70)


if __name__ == "__main__":
    _serve(sys.argv[1])
