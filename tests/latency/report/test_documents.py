import json
import shutil
from pathlib import Path

import pytest

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.report.documents import read_results


def test_every_kind_is_recognised(results: list[Path]) -> None:
    found = read_results(results)
    assert [source.kind for source in found.sources] == ["comparison"] * 3 + ["measurement"] * 2 + ["difference"]
    assert [source.path.stem for source in found.sources] == ["big", "small", "bare", "times", "counts", "changed"]


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(RequestError, match="found none"):
        read_results([])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"layers": [], "keep": []}', "a JSON with layers, keep"),
        ("[1, 2]", "a JSON list"),
        ("{nonsense", "Expecting property name"),
        ('{"series": []}', "Field required"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RequestError, match=words) as caught:
        read_results([tmp_path / "x.json"])
    assert "x.json" in caught.value.found


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="No such file"):
        read_results([tmp_path / "none.json"])


@pytest.mark.parametrize("name", ["big", "times", "changed"])
def test_another_schema_version_is_refused(results: list[Path], tmp_path: Path, name: str) -> None:
    fields = json.loads(next(p for p in results if p.stem == name).read_text())
    fields["schema_version"] = 99
    (tmp_path / "new.json").write_text(json.dumps(fields))
    with pytest.raises(EnvironmentLackError, match="version 99"):
        read_results([tmp_path / "new.json"])


@pytest.mark.parametrize("name", ["big", "times", "changed", "counts"])
def test_the_same_file_twice_is_refused(results: list[Path], tmp_path: Path, name: str) -> None:
    path = next(p for p in results if p.stem == name)
    shutil.copy(path, tmp_path / "again.json")
    with pytest.raises(RequestError, match="every result once") as caught:
        read_results([path, tmp_path / "again.json"])
    assert str(path) in caught.value.found
    assert "again.json" in caught.value.found


def test_several_measurements_of_one_file_are_welcome(results: list[Path], tmp_path: Path) -> None:
    path = next(p for p in results if p.stem == "times")
    later = json.loads(path.read_text()) | {"created": "2026-02-02T03:04:00Z"}
    (tmp_path / "later.json").write_text(json.dumps(later))
    assert len(read_results([path, tmp_path / "later.json"]).measurements) == 2


def test_one_file_on_two_data_sets_is_no_duplicate(results: list[Path], tmp_path: Path) -> None:
    fields = json.loads(results[0].read_text())
    (tmp_path / "other.json").write_text(json.dumps({**fields, "data": "elsewhere"}))
    assert len(read_results([results[0], tmp_path / "other.json"]).comparisons) == 2
