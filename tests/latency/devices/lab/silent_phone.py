"""A fake phone that answers adb's greeting only with requests for a key (protocol.txt of adb: A_AUTH, type 1), or not at all."""

import os
import socket
import struct
import sys

HEADER = struct.Struct("<6I")
AUTH, TOKEN = 0x48545541, 1


def read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def serve(connection: socket.socket, answers: bool) -> None:
    while True:
        (_, _, _, size, _, _) = HEADER.unpack(read(connection, HEADER.size))
        read(connection, size)
        if answers:
            token = os.urandom(20)
            connection.sendall(HEADER.pack(AUTH, TOKEN, 0, len(token), sum(token), AUTH ^ 0xFFFFFFFF) + token)


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    os.write(1, b"ready\n")
    while True:
        with server.accept()[0] as client:
            try:
                serve(client, sys.argv[2] == "1")
            except ConnectionError:
                continue
