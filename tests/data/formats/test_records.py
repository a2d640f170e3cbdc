import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.data.formats.records import records
from mobileseg.errors import DatasetError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(
    content=st.dictionaries(st.text(), VALUES, max_size=5), indent=st.sampled_from([None, 1, "\t"]), bom=st.booleans()
)
def test_it_reads_what_json_writes(
    tmp_path_factory: pytest.TempPathFactory, content: dict, indent: object, bom: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "records.json"
    path.write_text(json.dumps(content, indent=indent), encoding="utf-8-sig" if bom else "utf-8")
    wanted = []
    for key, value in content.items():
        wanted += [(key, element) for element in value] if isinstance(value, list) else [(key, value)]
    assert list(records(path)) == wanted


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": [1, 2', '{"a" 1}', '{"a": 1,', "{", '{"a": [1 2]}', "\0"])
def test_what_is_no_object_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"a JSON object; found .*broken\.json"):
        list(records(path))
    with pytest.raises(DatasetError, match="nowhere"):
        list(records(tmp_path / "nowhere.json"))
