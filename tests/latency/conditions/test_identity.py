"""No result says a serial number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.latency.conditions.identity import check_alias, hidden, kind_of, label, unit_of

WORDS = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1)


@given(serial=WORDS, alias=st.none() | WORDS, unit=st.none() | WORDS)
def test_labels_do_not_say_the_serial(serial: str, alias: str | None, unit: str | None) -> None:
    found = label(f"adb:{serial}", alias, unit)
    assert found == f"adb:{alias or unit or unit_of(serial)}"
    assert label(f"adb:{serial} in app", alias, unit) == f"{found} in app"
    assert kind_of(found) == "adb" and kind_of(f"{found} in app") == "adb in app"


def test_devices_without_a_serial_keep_their_names() -> None:
    assert label("host", None, "0123") == "host" and label("host", "lab", None) == "host:lab"
    assert kind_of("host:lab") == "host" and kind_of("emulated:cortex-a76") == "emulated:cortex-a76"


@given(one=WORDS, other=WORDS)
def test_two_units_are_told_apart(one: str, other: str) -> None:
    assert (unit_of(one) == unit_of(other)) == (one == other)
    assert unit_of(one) != one


def test_commands_and_reasons_name_the_label() -> None:
    said = hidden(
        "latency pi.pte --device ssh:me@pi.local:22 and pi.local, me@pi.local",
        ("me@pi.local:22", "pi.local", "pi"),
        "lab",
    )
    assert said == "latency pi.pte --device ssh:lab and lab, me@lab"
    assert hidden("the serial A1 of A12, adb:A1: gone", ("A1", ""), "x") == "the serial x of A12, adb:x: gone"


@pytest.mark.parametrize("wrong", ["", "a b", "-a", "a/b", "x" * 41])
def test_aliases_are_plain_words(wrong: str) -> None:
    check_alias(None)
    check_alias("lab-pixel.2")
    with pytest.raises(RequestError, match="--alias"):
        check_alias(wrong)
