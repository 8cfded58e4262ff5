"""Counts the connections that the system refuses at a port where nobody listens.

A proxy that is down cannot see who knocks: the kernel answers with RST. Where this process may look at
packets (Linux, CAP_NET_RAW, as root has in most containers), a packet filter counts the knocks (SYN).
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

ETH_P_ALL = 3
SO_ATTACH_FILTER = 26
OUTGOING = 4

LOAD_BYTE, LOAD_HALF, LOAD_BYTE_INDEXED, LOAD_HALF_INDEXED = 0x30, 0x28, 0x50, 0x48
LOAD_HEADER_LENGTH, AND, EQUAL, RETURN = 0xB1, 0x54, 0x15, 0x06
SYN, SYN_AND_ACK = 0x02, 0x12

Instruction = tuple[int, int, int, int]
"""Of the classic packet filter: code, how far to jump when true, when false, operand."""


def program(port: int) -> list[Instruction]:
    """Accepts the first packet of a TCP connection to *port*; packets begin at their IP header.

    The machine: Linux, Documentation/networking/filter.rst.
    """
    return [
        (LOAD_BYTE, 0, 0, 0),
        (AND, 0, 0, 0xF0),
        (EQUAL, 0, 8, 0x40),  # IPv4
        (LOAD_BYTE, 0, 0, 9),
        (EQUAL, 0, 15, socket.IPPROTO_TCP),
        (LOAD_HEADER_LENGTH, 0, 0, 0),
        (LOAD_HALF_INDEXED, 0, 0, 2),
        (EQUAL, 0, 12, port),
        (LOAD_BYTE_INDEXED, 0, 0, 13),
        (AND, 0, 0, SYN_AND_ACK),
        (EQUAL, 8, 9, SYN),
        (EQUAL, 0, 8, 0x60),  # IPv6
        (LOAD_BYTE, 0, 0, 6),
        (EQUAL, 0, 6, socket.IPPROTO_TCP),
        (LOAD_HALF, 0, 0, 42),
        (EQUAL, 0, 4, port),
        (LOAD_BYTE, 0, 0, 53),
        (AND, 0, 0, SYN_AND_ACK),
        (EQUAL, 0, 1, SYN),
        (RETURN, 0, 0, 64),
        (RETURN, 0, 0, 0),
    ]


class RefusalCounter:
    """Watches one port.

    Args:
        port: where somebody may knock.
        knocked: called for each attempt to connect.

    Attributes:
        works: whether this process may watch.
    """

    def __init__(self, port: int, knocked: Callable[[], None]) -> None:
        self._knocked = knocked
        self._socket = _open(port)
        self.works = self._socket is not None
        if self._socket is not None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        """Count what has come up to now, and watch no more."""
        if self._socket is not None:
            self._read()
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while self._socket is not None:
                place = self._socket.recvfrom(1)[1]
                if place[2] != OUTGOING:  # on the loopback interface each packet is seen twice
                    self._knocked()


def _open(port: int) -> socket.socket | None:
    if sys.platform != "linux":
        return None
    instructions = b"".join(struct.pack("HBBI", *each) for each in program(port))
    buffer = ctypes.create_string_buffer(instructions)
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    except PermissionError:
        return None
    sock.setblocking(False)
    described = struct.pack("HL", len(instructions) // 8, ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
    with suppress(BlockingIOError):
        while True:  # what came before the filter stood is of anybody
            sock.recv(1)
    return sock
