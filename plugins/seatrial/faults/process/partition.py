"""``process.partition``: a system in a network of its own is cut off: packets vanish, or are refused.

Only inside a network namespace that is not the harness's own: the machine's own network is never touched. See
`OwnNetwork` for one. The rules of nftables count what they drop: the witness is the kernel's.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.network import run
from seatrial.faults.process.registry import register
from seatrial.faults.process.watchdog import in_namespace
from seatrial.policy.fields import Share


def _address(text: str) -> str:
    return str(ip_address(text))


class Attributes(ProcessAttributes):
    """What is cut, and how."""

    how: Literal["drop", "reject"] = "drop"
    """``drop``: packets vanish, connections hang; ``reject``: TCP is answered by a reset."""
    direction: Literal["both", "in", "out"] = "both"
    """As the system sees it."""
    loss: Share = Field(default=1.0, gt=0)
    """The share of packets hit; drawn by the kernel, not from the run's seed."""
    address: Annotated[str, AfterValidator(_address)] | None = None
    """Only what goes to or comes from this address."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Only TCP to or from this port at either end."""


@register
class ProcessPartition(ProcessFault[Attributes]):
    """A system in a network namespace of its own is cut off from all or from some."""

    type = "process.partition"
    counts = "TCP and UDP packets that were cut off"

    @classmethod
    def lacking(cls) -> str | None:
        if not sys.platform.startswith("linux"):
            return "network namespaces need Linux"
        for tool, package in (("nft", "nftables"), ("nsenter", "util-linux")):
            if not shutil.which(tool):
                return f"there is no {tool} (Debian package {package})"
        return None if os.geteuid() == 0 else "only root can set rules for packets"

    def check(self) -> None:
        self._netns = _namespace(self.victim.leader.pid)
        if self._netns in (_namespace(os.getpid()), _namespace(os.getppid())):
            raise UsageError(
                f"{self.victim.name} shares this machine's network, which is never cut",
                hint="start it in a network of its own (OwnNetwork)",
            )
        self._table = f"seatrial_{secrets.token_hex(6)}"
        self._packets = 0

    def inject(self) -> None:
        table = self._table
        # To add a table that is there does nothing: so it can be deleted whether it is there or not.
        remove = f"add table inet {table}; delete table inet {table}"
        self.arm(do="inside", netns=self._netns, argv=["nft", remove])
        self._nft("-f", "-", text=f"add table inet {table}\n{rules(table, self.attributes)}\n")

    def missed(self) -> str | None:
        return None if self._counted() is not None else "its rules are not there"

    def acting(self) -> int:
        counted = self._counted()
        if counted is not None:
            self._packets = counted
        return self._packets

    def ended(self) -> str | None:
        return self.missed() if in_namespace("net", self._netns) else None

    def lingering(self) -> str | None:
        return f"the table {self._table} is still there" if self._counted() is not None else None

    def _nft(self, *words: str, text: str | None = None) -> str:
        pid = in_namespace("net", self._netns)
        if pid is None:
            raise HarnessError(f"the network of {self.victim.name} is gone")
        return run("nsenter", f"--net=/proc/{pid}/ns/net", "--", "nft", *words, text=text)

    def _counted(self) -> int | None:
        """Packets that the rules have hit, None where there are no rules."""
        try:
            listing = json.loads(self._nft("-j", "list", "table", "inet", self._table))
        except HarnessError:
            return None
        rules = [item["rule"] for item in listing["nftables"] if "rule" in item]
        counters = [
            part["counter"]["packets"] for rule in rules for part in rule["expr"] if "counter" in part
        ]
        return sum(counters) if counters else None


def rules(table: str, wanted: Attributes) -> str:
    """The rules in nftables' own language."""
    lines = []
    for chain, hook, device, address in (
        ("coming", "input", "iifname", "saddr"),
        ("going", "output", "oifname", "daddr"),
    ):
        if wanted.direction not in ("both", "in" if hook == "input" else "out"):
            continue
        lines.append(
            f"add chain inet {table} {chain} {{ type filter hook {hook} priority 0; policy accept; }}"
        )
        match = [f'{device} != "lo"']
        if wanted.address:
            match.append(f"{'ip6' if ':' in wanted.address else 'ip'} {address} {wanted.address}")
        if wanted.loss < 1:
            match.append(f"numgen random mod 10000 < {round(wanted.loss * 10000)}")
        ports = [f"tcp {side} {wanted.port}" for side in ("sport", "dport")] if wanted.port else [""]
        for port in ports:
            lines += [
                f"add rule inet {table} {chain} {' '.join(filter(None, (*match, port, verdict)))}"
                for verdict in VERDICTS[wanted.how]
            ]
    return "\n".join(lines)


COUNTED = "meta l4proto { tcp, udp } counter"
"""The network's own housekeeping (neighbours, routers) is cut as well, but proves nothing."""
VERDICTS = {
    "drop": (f"{COUNTED} drop", "drop"),
    "reject": (
        "tcp flags rst accept",
        "meta l4proto tcp counter reject with tcp reset",
        "counter drop",
    ),
}


def _namespace(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/net")
