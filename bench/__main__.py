"""`make bench`, `make bench PARTS="latency pages"`: measures, prints, and keeps in RESULTS.md.

Each part is a module of this package whose `measure()` gives Markdown. A part that was not
measured keeps what stood there.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path

PARTS = (
    "latency",
    "pages",
    "editor",
    "uploads",
    "picture_quality",
    "forms",
    "flood",
    "spam",
    "campaigns",
    "kept",
    "large",
    "first_start",
)
HEADING = "# What was measured\n\nBy `make bench`; each part names its machine."
RESULTS = Path(__file__).parent / "RESULTS.md"


def machine() -> str:
    """Gives the processor, its cores, the memory and what runs on them."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    processor = model[1] if model else platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}"
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, {versions}"


def keep(part: str, text: str) -> None:
    """Puts a part's section into RESULTS.md, in place of the last one."""
    sections = dict.fromkeys(PARTS, "")
    if RESULTS.exists():
        found = re.findall(r"^<!-- (\w+) -->\n(.*?)(?=^<!-- |\Z)", RESULTS.read_text(), re.M | re.S)
        sections |= {name: body.strip() for name, body in found if name in sections}
    sections[part] = text.strip()
    body = "\n\n".join(f"<!-- {name} -->\n{text}" for name, text in sections.items() if text)
    RESULTS.write_text(f"{HEADING}\n\n{body}\n")


def main(parts: list[str]) -> None:
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"bench: no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for part in parts or PARTS:
        started = time.monotonic()
        module = import_module(f"bench.{part}")
        title = (module.__doc__ or part).splitlines()[0].rstrip(".")
        text = module.measure()
        minutes = (time.monotonic() - started) / 60
        day = f"{datetime.now():%-d %B %Y}"
        text = f"## {title}\n\n{day}, {minutes:.0f} min, on {machine()}\n\n{text}"
        print(text, flush=True)
        keep(part, text)


if __name__ == "__main__":
    main(sys.argv[1:])
