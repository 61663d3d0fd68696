"""The programs that some tests need, and how a run says which of them are missing."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pytest

NPM = "npm ci --prefix tests/browser"
INSTALL = {  # a program, and its package on Debian or the command that brings it
    "Chromium": "chromium",
    "Java": "default-jre-headless",
    "PostgreSQL": "postgresql",
    "axe-core": NPM,
    "caddy": "caddy",
    "dovecot": "dovecot-imapd",
    "nft": "nftables",
    "nginx": "nginx",
    "openssl": "openssl",
    "prlimit": "util-linux",
    "redis-server": "redis-server",
    "systemd-analyze": "systemd",
    "systemd-socket-activate": "systemd",
    "unshare": "util-linux",
    "varnishd": "varnish",
    "vnu-jar": NPM,
    "wrk": "wrk",
}
REASON = "{} is not installed"
MISSING = re.compile(REASON.format(f"({'|'.join(INSTALL)})"))


def is_installed(program: str) -> bool:
    places = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
    return shutil.which(program, path=places) is not None


def reason(program: str) -> str:
    """Return why a test is skipped without a program of INSTALL."""
    assert program in INSTALL
    return REASON.format(program)


def needs(program: str) -> pytest.MarkDecorator:
    """Skip a test, visibly, where a program isn't installed."""
    return pytest.mark.skipif(not is_installed(program), reason=reason(program))


def describe_skipped(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield which kinds of test were skipped without which programs, and how to install those."""
    kinds: Counter[str] = Counter()
    programs: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        if found := MISSING.search(str(report.longrepr)):
            kind = report.nodeid.split("/")[1]
            kinds[kind] += 1
            programs[kind].add(found[1])
    if not kinds:
        return
    skipped = (
        f"{kind} ({kinds[kind]}) without {', '.join(sorted(programs[kind]))}" for kind in kinds
    )
    yield f"Skipped tests: {'; '.join(skipped)}"
    packages = {INSTALL[program] for program in set().union(*programs.values())}
    commands = [NPM] if NPM in packages else []
    if commands and not shutil.which("npm"):
        packages.add("npm")
    if packages := packages - {NPM}:
        commands.insert(0, f"apt install {' '.join(sorted(packages))} (on Debian)")
    yield f"To run them: {'; '.join(commands)}"
