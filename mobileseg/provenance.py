"""What made a file, for its record; nothing in it tells of the machine that it was made on."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

_SEPARATOR = re.compile(r"[/\\]")
_OPTION = re.compile(r"(--?[\w-]+=|[\w.-]+=|-\w(?=.*[/\\]))(.*)", re.DOTALL)  # --name=, name= and -n before a path
_URL = re.compile(r"\w+://[^\s'\"<>]+")
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\'\":;,()]+[/\\])+")  # of a whole path
_DIGEST = re.compile(r"sha256=[0-9a-fA-F]{64}")


def public_name(place: str | Path) -> str:
    """What may be published of a path or a URL.

    A path is reduced to its last part, on every system and of every system. A URL loses user, password, query and fragment, but for
    a fragment ``sha256=...``. Everything without a separator is returned as it is.
    """
    text = str(place)
    if "://" not in text:
        return _last(text)
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.scheme in ("", "file"):
        return _last(re.split(r"[?#]", text)[0]).rpartition("@")[2]
    name = f"[{host}]" if ":" in host else host
    digest = f"#{url.fragment}" if _DIGEST.fullmatch(url.fragment) else ""
    return f"{url.scheme}://{name}{f':{port}' if port else ''}{url.path}{digest}"


def _last(path: str) -> str:
    parts = [part for part in _SEPARATOR.split(path) if part]
    return parts[-1] if parts else path[:1]


def public_text(text: str) -> str:
    """A sentence in which whole paths are reduced to their last part, and URLs to what ``public_name`` leaves of them."""
    text = _URL.sub(lambda url: public_name(url[0]), text)
    return _FOLDERS.sub("", text)


def public_command(words: Iterable[str]) -> str:
    """A command line for a record: its words, quoted for a POSIX shell, each path and URL as ``public_name`` has it.

    A value behind ``--option=`` counts as a word of its own. Write what has to keep its folder, like the script of a benchmark,
    before the answer.
    """
    return shlex.join(_public_word(word) for word in words)


def _public_word(word: str) -> str:
    if match := _OPTION.fullmatch(word):
        return match[1] + public_name(match[2])
    return public_name(word)


def command(call: str) -> str:
    """The public command line, where this process is ``mobileseg``; else ``call``, the Python function that was called."""
    program = Path(sys.argv[0]).name
    return public_command([program, *sys.argv[1:]]) if program == "mobileseg" else call
