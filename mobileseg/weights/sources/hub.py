"""Addresses of files on Hugging Face's hub: ``hf://owner/repo/file@revision``."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

from mobileseg.errors import CheckpointError

SCHEME = "hf://"
ENDPOINT = "https://huggingface.co"
FORM = "hf://owner/repo/file@revision"
PART = r"[A-Za-z0-9][\w.-]*"
# The revision stands behind the file or, as huggingface_hub writes it, behind the repository.
ADDRESS = re.compile(rf"hf://({PART})/({PART})(?:@([^@/]+))?/([^@]+?)(?:@([^@]+))?")


def hub_url(address: str) -> str:
    """The https address of ``hf://owner/repo/file@revision``, at the hub or at ``$HF_ENDPOINT``; the revision is a branch, a tag or a
    commit, by default ``main``. Raises ``CheckpointError`` for another form."""
    found = ADDRESS.fullmatch(address)
    parts = found[4].split("/") if found else []
    if found is None or (found[3] and found[5]) or any(part in ("", ".", "..") for part in parts):
        raise CheckpointError(
            expected=f"a file on the hub as {FORM}",
            found=repr(address),
            fix="name the file: its path below the repository, such as model.safetensors",
        )
    revision = found[3] or found[5] or "main"
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT
    return f"{endpoint}/{found[1]}/{found[2]}/resolve/{quote(revision, safe='')}/{quote(found[4])}"
