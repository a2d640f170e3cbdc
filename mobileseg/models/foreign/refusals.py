"""What is said of a network that cannot be exported, with the line of its code where there is one."""

from __future__ import annotations

from mobileseg.errors import RequestError
from mobileseg.models.foreign.lines import Line, line_of_error

MOST_WORDS = 300  # characters of what a library says


class NetworkError(RequestError):
    """A network that is not ours and cannot be exported as it is."""


def refusal(expected: str, found: str, fix: str, line: Line | None = None) -> NetworkError:
    """The error, with ``line`` at the end of what was found."""
    return NetworkError(expected=expected, found=found + (f", at {line}" if line else ""), fix=fix)


def refused_by(error: BaseException, expected: str, fix: str) -> NetworkError:
    """For an error that the network's code raised, or torch while it ran."""
    return refusal(expected, f"{type(error).__name__}: {words(error)}", fix, line_of_error(error))


def words(error: BaseException) -> str:
    """The first line of what an error says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:MOST_WORDS] if lines else "no message"
