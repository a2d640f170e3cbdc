"""A scheduler, a worker and a sweep in processes of their own, which only talk encrypted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

MOBILESEG = (sys.executable, "-c", "from mobileseg.cli import main; main()")
PLAN = '[matrix]\nmodels = ["seaformer-tiny"]\ntargets = ["onnx"]\nweights = ["random"]\nsizes = ["32x64"]\n'


def encrypted(folder: Path) -> dict[str, str]:
    """The environment that Dask reads: a certificate for every role, and nothing without."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "cert.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    names = {
        f"DASK_DISTRIBUTED__COMM__TLS__{role}__{what}": str(folder / f"{what.lower()}.pem")
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for what in ("KEY", "CERT")
    }
    comm = "DASK_DISTRIBUTED__COMM"
    return os.environ | names | {f"{comm}__TLS__CA_FILE": str(folder / "ca.pem"), f"{comm}__REQUIRE_ENCRYPTION": "True"}


@contextmanager
def running(*command: object, environment: dict[str, str], log: Path) -> Iterator[None]:
    """A process with all that it starts."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*map(str, command)], env=environment, stdout=out, stderr=out, start_new_session=True, cwd=log.parent
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.thorough
def test_a_sweep_over_tls(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment, address = encrypted(tmp_path), f"tls://127.0.0.1:{port}"
    (tmp_path / "plan.toml").write_text(PLAN)
    place = ("--protocol", "tls", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
    scheduler = (sys.executable, "-m", "distributed.cli.dask_scheduler", *place)
    worker = (*MOBILESEG, "worker", "--scheduler", address, "--devices", "host", "--jobs", 1, "--name", "farm")
    with (
        running(*scheduler, environment=environment, log=tmp_path / "scheduler.log"),
        running(*worker, environment=environment, log=tmp_path / "worker.log"),
    ):
        done = subprocess.run(
            [*MOBILESEG, "sweep", "plan.toml", "--scheduler", address, "--store", "store"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
    logs = [(tmp_path / f"{name}.log").read_text()[-800:] for name in ("scheduler", "worker")]
    assert done.returncode == 0, (done.stderr, logs)
    assert "2 of 2 steps done now" in done.stdout + done.stderr
