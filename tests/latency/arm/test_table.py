import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_document_is_that_of_the_results() -> None:
    """Benchmarks are no package: the module is loaded from its file."""
    spec = importlib.util.spec_from_file_location("arm_table", ROOT / "benchmarks" / "arm_table.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    content = json.loads((ROOT / "results" / "arm_cost.json").read_text(encoding="utf-8"))
    assert module.document(content) == (ROOT / "docs" / "arm_cost.md").read_text(encoding="utf-8")
