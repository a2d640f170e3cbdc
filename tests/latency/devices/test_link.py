"""Host names and ssh's error messages; lab/test_ssh.py tests with a real ssh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.latency.devices import link as ssh_link
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.link import SshShell, connection_error, parse_host


def test_hosts() -> None:
    assert parse_host("board") == ("board", None)
    assert parse_host("pi@10.0.0.7:2222") == ("pi@10.0.0.7", "2222")
    assert parse_host("[fe80::1]:22") == ("fe80::1", "22")


@pytest.mark.parametrize(
    "text",
    [
        "-oProxyCommand=id",
        "a b",
        "a;id",
        "$(id)",
        "a@-b",
        "-l@b",
        "a:0",
        "a:70000",
        "a:",
        "@b",
        "",
        "a\n",
        "a/b",
        "user@",
        "ssh://a",
    ],
)
def test_options_and_commands_are_not_hosts(text: str) -> None:
    with pytest.raises(RequestError, match="USER@HOST:PORT"):
        parse_host(text)
    with pytest.raises(RequestError):
        SshShell(text)


@given(text=st.text())
def test_a_host_is_never_an_option(text: str) -> None:
    try:
        host, _ = parse_host(text)
    except RequestError:
        return
    assert not host.startswith("-") and not set(host) & set(" ;&|$`'\"\\\n\t<>*?~(){}!#/")


# messages of OpenSSH 7.2 to 9.9
SAID = {
    "pi@board: Permission denied (publickey,password).": ssh_link.RefusedError,
    "Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures": ssh_link.RefusedError,
    "No ED25519 host key is known for board and you have requested strict checking.\nHost key verification failed.":
        ssh_link.UnknownHostError,
    "@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\nHost key verification failed.":
        ssh_link.UnknownHostError,
    "ssh: Could not resolve hostname boord: Name or service not known": ssh_link.UnreachableError,
    "ssh: connect to host board port 22: Connection refused": ssh_link.UnreachableError,
    "ssh: connect to host 10.9.9.9 port 22: No route to host": ssh_link.UnreachableError,
    "kex_exchange_identification: Connection closed by remote host": ssh_link.UnreachableError,
    "Bad owner or permissions on /home/a/.ssh/config": DeviceError,
    "": DeviceError,
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_ssh_messages_map_to_errors(said: str) -> None:
    error = connection_error(said, "board")
    assert type(error) is SAID[said]
    assert "board" in error.expected and error.found and error.fix
    assert "CHANGED" not in said or "ssh-keygen -R board" in error.fix
