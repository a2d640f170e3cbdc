"""Every augmentation of the config is measured alone, and the page says what came out."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "augmentations.json"
AUGMENTATIONS = {"scale", "color", "blur", "gamma", "noise", "cutout", "jpeg"}


def test_each_is_trained_alone_and_all_together(benchmark: Any) -> None:
    script = benchmark("augmentations")
    alone = [set(options) for options in script.ALONE.values()]
    assert alone[0] == set()
    assert all(len(options) == 1 for options in alone[1:])
    assert set.union(*alone) == set(script.ROWS["all"]) == AUGMENTATIONS


def test_what_is_committed_is_of_all_of_them(benchmark: Any) -> None:
    found = benchmark("augmentations_results").read_augmentations(RESULTS)
    rows = benchmark("augmentations").ROWS
    assert [row.name for row in found.rows] == list(rows)
    none, *others = found.rows
    assert (none.gain, none.interval) == (None, None)
    for row in others:
        assert row.gain is not None and row.interval is not None
        assert abs(row.gain - (row.test_miou - none.test_miou)) < 1e-9
        assert row.interval[0] <= row.gain <= row.interval[1]


def test_the_page_has_the_committed_figures(benchmark: Any) -> None:
    found = benchmark("augmentations_results").read_augmentations(RESULTS)
    table = benchmark("augmentations_table")
    page = (ROOT / "docs" / "guides" / "training.md").read_text(encoding="utf-8")
    assert page.split(table.BEGIN)[1].split(table.END)[0].strip().splitlines() == table.lines(found)
