import os
import subprocess
import sys
import warnings

import pytest

from mobileseg.errors import RequestError
from mobileseg.quiet import quiet, verbose


def chatter() -> None:
    sys.stdout.write("from Python\n")
    os.write(2, b"from native code\n")
    warnings.warn("from a library", stacklevel=2)


def talk_aloud() -> None:
    with verbose(), quiet() as said:
        chatter()
        assert said.tail() == ""


def fail(error: Exception) -> None:
    with quiet():
        chatter()
        raise error


def test_nothing_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as said:
        chatter()
        assert said.tail() == "from native code"
    assert capfd.readouterr() == ("", "")


def test_verbose_shows_it_all_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.warns(UserWarning, match="from a library"):
        talk_aloud()
    out, err = capfd.readouterr()
    assert out == ""
    assert "from Python" in err and "from native code" in err


def test_an_unexpected_error_brings_what_was_said() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        fail(ZeroDivisionError())
    (note,) = caught.value.__notes__
    assert "from Python" in note and "from native code" in note


def test_our_errors_say_enough() -> None:
    with pytest.raises(RequestError) as caught:
        fail(RequestError(expected="a", found="b", fix="c"))
    assert not hasattr(caught.value, "__notes__")


def test_importing_a_row_of_a_registry_says_nothing() -> None:
    script = (
        "from mobileseg.registry import load; load('mobileseg.export.quantization.quantize:quantize'); "
        "from mobileseg.export import compare; print('done')"
    )
    done = subprocess.run([sys.executable, "-W", "default", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
