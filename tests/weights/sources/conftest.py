"""A web server over TLS that the downloads trust, and a cache of their own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from https_site import DATA, Server, Site, serve


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serve(context) as running:
        yield running


@pytest.fixture
def site(server: Server, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "localhost")
    server.site = Site(f"https://localhost:{server.port}", DATA)
    return server.site
