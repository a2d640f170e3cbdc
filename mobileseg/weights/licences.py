"""What a licence forbids, told from the name that is stated for weights. It says what the licence says, and is no legal advice."""

from __future__ import annotations

import re

NOT_STATED = "not stated"
NOTHING = "nothing"
RULES = (  # a pattern in the licence's name or sentence, what it forbids; all that match count
    (r"contact the authors", "commercial use without asking the authors"),
    (r"\bNC\b|non-?commercial|research (?:use )?only|personal and research", "commercial use"),
    (r"\bND\b|no ?deriv", "passing on changed versions"),
    (r"\bCC BY-(?:NC-)?SA\b|\bA?GPL", "passing on changed versions under another licence"),
)
FREE = re.compile(r"\bMIT\b|\bBSD\b|Apache-2\.0|\bCC0\b|\bCC BY(?! ?-)|public domain|Unlicense", re.IGNORECASE)


def forbids(licence: str) -> str:
    """In words, for a table: ``commercial use``, ``nothing``, or ``not stated`` where the licence is not known here."""
    found = [what for pattern, what in RULES if re.search(pattern, licence, re.IGNORECASE)]
    if found:
        return "; ".join(found)
    return NOTHING if FREE.search(licence) else NOT_STATED
