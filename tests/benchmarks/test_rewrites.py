"""Every rewrite has a small network that shows what it does, and the page says what was measured."""

from pathlib import Path
from typing import Any

from mobileseg.models.rewrites.table import REWRITES

ROOT = Path(__file__).resolve().parents[2]
NAMES = [row.name for row in REWRITES]


def test_every_rewrite_has_a_network(benchmark: Any) -> None:
    assert sorted(example.rewrite for example in benchmark("rewrites_networks").EXAMPLES) == sorted(NAMES)


def test_each_is_needed_where_it_is_shown(benchmark: Any) -> None:
    """With it one delegate holds all and computes the same; without it something is left outside, is wrong, or takes longer."""
    found = benchmark("rewrites_results").read_effects(ROOT / "results" / "rewrites.json")
    assert sorted(row.rewrite for row in found.rows) == sorted(NAMES)
    for row in found.rows:
        assert (row.applied.partitions, row.applied.operators_outside, row.applied.state) == (1, 0, "runs"), row


def test_the_page_has_the_committed_figures(benchmark: Any) -> None:
    found = benchmark("rewrites_results").read_effects(ROOT / "results" / "rewrites.json")
    table = benchmark("rewrites_table")
    page = (ROOT / "docs" / "guides" / "network.md").read_text(encoding="utf-8")
    assert page.split(table.BEGIN)[1].split(table.END)[0].strip().splitlines() == table.lines(found)
