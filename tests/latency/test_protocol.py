import subprocess
import sys

import pytest

from mobileseg.cli.latency import check_budget_options, latency
from mobileseg.errors import RequestError
from mobileseg.latency.measuring.request import parse_threads
from mobileseg.latency.protocol import GATES, PROTOCOLS, check_gates


def test_strict_follows_mlperf_mobile() -> None:
    strict = PROTOCOLS["strict"]
    assert strict.turns * strict.runs >= 1024
    assert strict.min_seconds >= 60
    assert strict.figure == "p90"
    assert strict.cool_down_s > 0
    assert (strict.repeats, strict.within) == (2, 0.05)
    assert {"hot", "throttled", "saver", "busy"} <= set(strict.refuse_before) & set(strict.refuse_after)


def test_protocols_name_known_gates() -> None:
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name
        assert {*protocol.refuse_before, *protocol.refuse_after} <= GATES.keys()
    assert PROTOCOLS["quick"].refuse_before == PROTOCOLS["quick"].refuse_after == ()
    assert PROTOCOLS["sustained"].min_seconds >= 120


def test_unknown_gates_are_refused() -> None:
    check_gates(tuple(GATES))
    with pytest.raises(RequestError, match="cool-down"):
        check_gates(("heat",))


def test_threads_are_numbers_or_big() -> None:
    assert parse_threads("1, 2,big") == (1, 2, "big")
    for wrong in ("", "1,,2", "-1", "x", "999"):
        with pytest.raises(RequestError, match="1,2,4 or big"):
            parse_threads(wrong)


def test_options_that_exclude_diff_are_refused() -> None:
    for artifacts, margin, words in ((["a.pte"], None, "both"), ([], -1.0, "margin"), ([], float("nan"), "margin")):
        with pytest.raises(RequestError, match=words):
            latency(artifacts, diff=("a.json", "b.json"), margin=margin)


def test_a_margin_needs_a_budget_or_a_diff() -> None:
    check_budget_options(None, None, "host")
    for text, device in ((None, "host"), (None, "emulated:cortex-a76"), ("12M", "host")):
        with pytest.raises(RequestError, match="--budget"):
            check_budget_options(text, 3.0, device)


def test_measuring_imports_no_torch() -> None:
    """Measuring must not disturb itself: the runtimes run in another process."""
    code = "import sys, mobileseg.latency.measuring.measurement; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
