"""The firewall of the operator's guide, in a network of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.programs import needs
from vasite.environment import PROJECT_DIR

pytestmark = [needs("nft"), needs("unshare")]
# A machine behind the firewall, and a router on the other end of a cable
SCRIPT = """
import os, socket, subprocess, sys
rules, python = sys.argv[1], sys.executable
router = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
there = ["nsenter", "-t", str(router.pid), "-n"]
def run(*command): subprocess.run(command, check=True)
while os.readlink(f"/proc/{router.pid}/ns/net") == os.readlink("/proc/self/ns/net"): pass
try:
    run("ip", "link", "add", "machine", "type", "veth", "peer", "name", "cable")
    run("ip", "link", "set", "cable", "netns", str(router.pid))
    for prefix, name, number in (([], "machine", 1), (there, "cable", 2)):
        run(*prefix, "ip", "link", "set", name, "addrgenmode", "none")
        for address in (f"fe80::{number}/64", f"fd00::{number}/64"):
            run(*prefix, "ip", "address", "add", address, "dev", name, "nodad")
        run(*prefix, "ip", "link", "set", name, "up")
    run("nft", "-f", rules)
    listening = {}
    for port in (546, 5353):
        listening[port] = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        listening[port].bind(("::", port))
    send = '''
import socket
scope = socket.if_nametoindex("cable")
for source, port in (("fe80::2", 5353), ("fd00::2", 546), ("fe80::2", 546)):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 547, 0, scope if source.startswith("fe80") else 0))
        sender.sendto(f"{source} to {port}".encode(), ("fe80::1", port, 0, scope))
'''
    run(*there, python, "-c", send)
    listening[546].settimeout(20)
    print(listening[546].recv(100).decode())
    for one in listening.values():  # what was sent before that didn't come
        one.setblocking(False)
        try:
            print(one.recv(100).decode())
        except BlockingIOError:
            pass
finally:
    router.kill()
"""


def test_operator_whose_machine_has_its_address_by_dhcpv6_keeps_it(tmp_path: Path) -> None:
    guide = (PROJECT_DIR / "docs/operator/index.md").read_text()
    (rules,) = re.findall(r"<<'RULES'\n(.*?)^RULES$", guide, re.S | re.M)
    (tmp_path / "rules").write_text(rules)
    command = ["unshare", "--net", "--map-root-user", sys.executable, "-c", SCRIPT]
    printed = subprocess.run(
        [*command, str(tmp_path / "rules")], check=True, capture_output=True, text=True, timeout=60
    )
    assert printed.stdout.splitlines() == ["fe80::2 to 546"], printed.stderr
