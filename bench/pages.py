"""Each public page of the demo site in Lighthouse, as on a phone.

Lighthouse's own emulation: 150 ms round trips, 1.6 Mbit/s, a processor four times slower. Three
runs a page; what stands in the table is the median of each figure, and the worst of the scores.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from bench import figure, wait_for_pictures
from tests.served import ServedSite

RUNS, TRIES = 3, 8
LIGHTHOUSE = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
FLAGS = "--headless=new --no-sandbox"


def measure() -> str:
    lines = [
        "| page | speed / accessibility / best practice / SEO | largest paint, ms | shift "
        "| blocked, ms | HTML and CSS, kB | in all, kB | requests |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    with ServedSite(Path(tempfile.mkdtemp(prefix="bench-pages-"))) as site:
        addresses = re.findall(r"<url><loc>(.*?)</loc>", site.get("/sitemap.xml")[1])
        wait_for_pictures(site)
        lines += [line(site.url, urlsplit(address).path) for address in addresses]
    return "\n".join(lines)


def line(url: str, path: str) -> str:
    reports = [report(f"{url}{path}") for _ in range(RUNS)]
    categories = ("performance", "accessibility", "best-practices", "seo")
    scores = [min(one["categories"][name]["score"] for one in reports) for name in categories]
    paint, shift, blocked, weight = (
        statistics.median(one["audits"][name]["numericValue"] for one in reports)
        for name in (
            "largest-contentful-paint",
            "cumulative-layout-shift",
            "total-blocking-time",
            "total-byte-weight",
        )
    )
    requests = reports[0]["audits"]["network-requests"]["details"]["items"]
    page = next(one["transferSize"] for one in requests if one["resourceType"] == "Document")
    marks = " / ".join(f"{score * 100:.0f}" for score in scores)
    return (
        f"| {path} | {marks} | {figure(paint, 1000)} | {figure(shift, 0, 3)} "
        f"| {figure(blocked, 10)} | {figure(page / 1000, 14, 1)} | {figure(weight / 1000, 150)} "
        f"| {len(requests)} |"
    )


def report(address: str) -> dict:
    """Gives Lighthouse's report; Chromium now and then starts without a trace, so tries again."""
    command = [LIGHTHOUSE, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    environment = {"CHROME_PATH": shutil.which("chromium") or "", "PATH": "/usr/bin:/bin"}
    for _ in range(TRIES):
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        if done.returncode == 0:
            found = json.loads(done.stdout)
            if not found.get("runtimeError"):
                return found
    raise AssertionError(done.stderr.decode()[-500:])
