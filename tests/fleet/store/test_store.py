"""The store: whole or not at all, whoever writes and however they end."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobileseg.errors import ArtifactError, GateError, RequestError
from mobileseg.files import sha256
from mobileseg.fleet.store.claims import Claims
from mobileseg.fleet.store.digests import data_digest
from mobileseg.fleet.store.folder import PARTIAL, Store
from mobileseg.fleet.store.keys import key_of
from mobileseg.fleet.store.outcome import Blob, Context, Failure, Outcome
from mobileseg.fleet.store.packing import pack, unpack


def outcome(number: int, failed: bool = False, run: str = "r") -> Outcome:
    inputs = {"number": number}
    return Outcome(
        stage="test", key=key_of("test", inputs), inputs=inputs, status="failed" if failed else "done",
        failure=Failure.of(GateError(expected="a", found="b", fix="c")) if failed else None,
        created=datetime.now(UTC), seconds=0, host="h", context=Context(run=run, sweep="s"),
    )  # fmt: skip


def test_outcomes_and_files_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    file, folder = tmp_path / "a.bin", tmp_path / "package"
    file.write_bytes(b"content")
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "part").write_bytes(b"part")
    kept = store.put(outcome(1), {"a.bin": file, "package": folder})
    assert Store(tmp_path / "store").get("test", kept.key) == kept
    assert store.blob(kept.files["a.bin"].sha256).read_bytes() == b"content"
    assert sha256(store.blob(kept.files["package"].sha256)) == kept.files["package"].sha256 == sha256(folder)
    assert store.get("test", "0" * 64) is None
    assert list((store.folder / PARTIAL).iterdir()) == []


def test_the_first_of_two_stays_and_a_failure_makes_way_on_request(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.put(outcome(1, run="first"), {})
    assert store.put(outcome(1, run="second"), {}) == first
    store.put(outcome(2, failed=True, run="first"), {})
    assert store.put(outcome(2, run="second"), {}).status == "failed"
    assert store.put(outcome(2, run="second"), {}, replace_failed=True).status == "done"
    assert store.put(outcome(2, failed=True, run="third"), {}, replace_failed=True).context.run == "second"


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(RequestError, match="holds other files"):
        Store(tmp_path)
    store = Store(tmp_path / "new")
    (store.folder / "format.json").write_text('{"version": 99, "id": "x"}')
    with pytest.raises(RequestError, match="version 99"):
        Store(store.folder)
    (store.folder / "format.json").write_text("[]")
    with pytest.raises(RequestError, match="a store of results"):
        Store(store.folder)


def test_what_a_power_cut_damaged_is_not_known_and_is_replaced(tmp_path: Path) -> None:
    store, file = Store(tmp_path / "store"), tmp_path / "a.bin"
    file.write_bytes(b"content")
    kept = store.put(outcome(1), {"a.bin": file})
    (path,) = store.folder.glob("outcomes/*/*/*.json")
    for left in (path.read_bytes()[:50], b"", bytes(100)):
        path.write_bytes(left)
        assert store.get("test", kept.key) is None and list(store.outcomes()) == []
    blob = store.blob(kept.files["a.bin"].sha256)
    blob.write_bytes(b"")
    again = store.put(outcome(1, run="second"), {"a.bin": file})
    assert store.get("test", kept.key) == again and again.context.run == "second"
    assert blob.read_bytes() == b"content"


def test_an_outcome_of_another_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = store.put(outcome(1), {})
    (path,) = store.folder.glob("outcomes/*/*/*.json")
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 9'))
    with pytest.raises(ArtifactError, match="as this version writes it"):
        store.get("test", kept.key)


def test_packed_files_and_folders_are_checked(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "part").write_bytes(b"part")
    blob = Blob(sha256=sha256(folder), size_bytes=4, folder=True)
    unpack(pack(folder), blob, tmp_path / "other")
    assert sha256(tmp_path / "other") == blob.sha256
    with pytest.raises(ArtifactError, match="was damaged"):
        unpack(b"other", Blob(sha256="0" * 64, size_bytes=5), tmp_path / "file")


def test_a_claim_is_one_process_s(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ours, theirs = Claims(store), Claims(store)
    assert ours.take("abc1") and ours.take("abc2") and ours.take("def1")
    assert not theirs.take("abc3") and theirs.take("0001")
    ours.release("abc1")
    assert not theirs.take("abc1"), "abc2 is under the same lock"
    ours.release("abc2")
    assert theirs.take("abc1")
    ours.close()
    assert theirs.take("def1")
    theirs.close()


def test_digests_of_data_follow_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").write_text("one")
    first = data_digest(data)
    assert first == data_digest(data) == sha256(data)
    (data / "a").write_text("two")
    os.utime(data / "a", (1, 1))
    assert data_digest(data) == sha256(data) != first
    with pytest.raises(RequestError, match="nothing at"):
        data_digest(tmp_path / "none")


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_store import outcome
from mobileseg.fleet.store.folder import Store

folder, file = Path(sys.argv[1]), Path(sys.argv[2])
store = Store(folder)
for number in range(int(sys.argv[4]), 10000):
    file.write_bytes(str(number).encode() * 5000)
    store.put(outcome(number), {"file": file})
    print(number, flush=True)
"""


def test_whoever_is_killed_leaves_nothing_half(tmp_path: Path) -> None:
    """Writers that are killed at random points, two at a time; what they said was kept is there, and everything that is there is whole."""
    generator, said = random.Random(21), set[int]()
    for round_number in range(1):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path / "store"), str(tmp_path / f"file{n}"), str(Path(__file__).parent),
                 str(1000 * round_number)],
                stdout=subprocess.PIPE, text=True,
            )
            for n in range(2)
        ]  # fmt: skip
        heard: list[list[str]] = [[], []]
        readers = [threading.Thread(target=_hear, args=pair) for pair in zip(writers, heard, strict=True)]
        for reader in readers:
            reader.start()
        while not all(heard):
            time.sleep(0.01)
        for writer in writers:
            time.sleep(generator.uniform(0, 0.1))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        for reader in readers:
            reader.join()
        said |= {int(line) for lines in heard for line in lines if line.endswith("\n")}
    store = Store(tmp_path / "store")
    kept = {int(str(one.inputs["number"])): one for one in store.outcomes()}
    assert said <= kept.keys() and len(said) > 10
    for number, one in kept.items():
        blob = store.blob(one.files["file"].sha256)
        assert sha256(blob) == one.files["file"].sha256, number


def _hear(writer: subprocess.Popen[str], lines: list[str]) -> None:
    assert writer.stdout is not None
    with writer.stdout:
        lines.extend(writer.stdout)
