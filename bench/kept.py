"""A finished page beside the bare server, and beside WordPress, with and without a cache.

`apt install wrk wordpress mariadb-server php-fpm nginx libnginx-mod-http-brotli-static`, and
Wagtail's demo as bench/bakery.py says; what isn't there has no line. Each is asked in turn, three
rounds over, by wrk over 16 connections on the same cores; smallest, middle and largest stand in the
table.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import figure, gunicorn, wait_for_pictures
from bench.bakery import running_bakerydemo
from bench.latency import UNCACHED
from bench.wordpress import running_wordpress
from tests.deploy import fronts
from tests.served import ServedSite, free_port, wait_until

ROUNDS, SECONDS, CONNECTIONS = 3, 6, 16
AS_INSTALLED = str(Path(__file__).parent / "as_installed")
POST = """
from blog.models import BlogPostPage
pictures = lambda post: sum(block.block_type == "picture" for block in post.body)
print(max(BlogPostPage.objects.published(), key=pictures).url)
"""
COMMENTS = """
from blog.models import BlogPostPage
from newsletter.models import Comment
post = BlogPostPage.objects.get(slug="SLUG")
for number in range(20):
    one = Comment(page=post, name=f"Reader {number}", email=f"r{number}@example.com",
                  comment="I do the same, and it works for me. " * 3, status="approved")
    one.set_content(one.name, one.email, one.comment)
    one.save()
"""
RATIOS = [  # ours, the other, at least
    ("kept", "bare function", 0.8),
    ("kept", "WordPress", 100),
    ("kept", "WordPress, fastcgi_cache", 1),
    ("made anew", "bakerydemo", 4),
    ("behind nginx", "nginx, a file", 0.9),
    ("behind nginx", "WordPress, fastcgi_cache", 1),
]


def measure() -> str:
    with (
        ServedSite(Path(tempfile.mkdtemp()), PYTHONPATH=AS_INSTALLED) as site,
        running_wordpress() as wordpress,
    ):
        path = site.run_code(POST).split()[-1].removeprefix(site.url)
        site.run_code(COMMENTS.replace("SLUG", path.strip("/").rpartition("/")[2]))
        wait_for_pictures(site)
        with bare(site, path) as bare_url, ExitStack() as stack:
            asked = {
                "kept": (f"{site.url}{path}", {}),
                "made anew": (f"{site.url}{path}", UNCACHED),
                "bare function": (bare_url, {}),
            }
            if wordpress:
                asked["WordPress"] = (f"http://127.0.0.1:{wordpress.port}/?p=1", {})
                cached = f"http://127.0.0.1:{wordpress.cached_port}/?p=1"
                asked["WordPress, fastcgi_cache"] = (cached, {})
            if bakery := stack.enter_context(running_bakerydemo()):
                asked["bakerydemo"] = (bakery, {})
            if has_nginx():
                asked |= stack.enter_context(behind_nginx(site))
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
            for _ in range(ROUNDS):
                for name, (url, headers) in asked.items():
                    found[name].append(loaded(url, headers))
        memory = sum(map(proportional, [site.process.pid, *site.children()]))
    remembered = (
        f"Memory of web and worker after it, as PSS: {figure(memory, 250)} MB of 250 allowed."
    )
    return "\n".join([*table(found), "", *ratios(found), "", remembered])


def has_nginx() -> bool:
    return Path("/usr/sbin/nginx").exists()


@contextmanager
def behind_nginx(alone: ServedSite) -> Iterator[dict[str, tuple[str, dict[str, str]]]]:
    """Gives the post of a copy of the site behind deploy/nginx.conf, and the same bytes as a file
    that the same nginx gives from /static/, both over TLS."""
    folder = Path(tempfile.mkdtemp())
    data = folder / "data"
    of_the_other = shutil.ignore_patterns("pagecache", "supervisor")
    shutil.copytree(alone.environment["DATA_DIR"], data, ignore=of_the_other)
    public = {"SITE_URL": f"https://{fronts.HOST}", "PAGE_FILES": "true"}
    with ServedSite(data, **public) as site, fronts.nginx(site, folder) as port:
        path = site.run_code(POST).split()[-1].removeprefix(f"https://{fronts.HOST}")
        wait_for_pictures(site)
        url, host = f"https://127.0.0.1:{port}", {"Host": fronts.HOST}

        def is_laid_out() -> bool:
            curl = ["curl", "-sk", "-o", os.devnull, "-H", f"Host: {fronts.HOST}", f"{url}{path}"]
            subprocess.run(curl, check=True)
            return bool(list((data / "pagecache/front").glob(f"pages/*{path}index.html.br")))

        wait_until(is_laid_out, seconds=60)
        (page,) = (data / "pagecache/front").glob(f"pages/*{path}")
        shutil.copytree(page, data / "static" / "copy")
        yield {
            "behind nginx": (f"{url}{path}", host),
            "nginx, a file": (f"{url}/static/copy/index.html", host),
        }


def table(found: dict[str, list[tuple[float, float]]]) -> list[str]:
    lines = ["| | a second: smallest, middle, largest | p99, ms, middle |", "|---|--:|--:|"]
    for name, rounds in found.items():
        rates = sorted(rate for rate, _ in rounds)
        slowest = statistics.median(p99 for _, p99 in rounds)
        lines.append(f"| {name} | {', '.join(f'{rate:,.0f}' for rate in rates)} | {slowest:.1f} |")
    return lines


def ratios(found: dict[str, list[tuple[float, float]]]) -> list[str]:
    lines = ["| by the middles | is | at least |", "|---|--:|--:|"]
    middles = {name: median_rate(rounds) for name, rounds in found.items()}
    for ours, other, least in RATIOS:
        if other in middles:
            ratio = middles[ours] / middles[other]
            missed = " (missed)" if ratio < least else ""
            lines.append(f"| {ours} ÷ {other} | {ratio:.2f}{missed} | {least} |")
    slowest = [
        statistics.median(p99 for _, p99 in found[name]) for name in ("kept", "bare function")
    ]
    ratio = slowest[0] / slowest[1]
    lines.append(f"| 99th percentile, kept ÷ bare function | {figure(ratio, 3, 2)} | at most 3 |")
    return lines


def median_rate(rounds: list[tuple[float, float]]) -> float:
    return statistics.median(rate for rate, _ in rounds)


@contextmanager
def bare(site: ServedSite, path: str) -> Iterator[str]:
    port = free_port()
    settings = {"COPY": f"{site.url}{path}", "PORT": str(port)}
    settings |= {"DJANGO_SETTINGS_MODULE": "vasite.settings", "PYTHONPATH": ""}
    arguments = ["-c", "python:vasite.serving.gunicorn_settings", "bench.bare:application"]
    url = f"http://127.0.0.1:{port}{path}"
    with gunicorn(arguments, url, env=site.environment | settings):
        yield url


def loaded(url: str, headers: dict[str, str]) -> tuple[float, float]:
    """Gives how many answers a second wrk got, and the milliseconds of all but one in a hundred."""
    lines = [f"{name}: {value}" for name, value in ({"Accept-Encoding": "br"} | headers).items()]
    options = [part for line in lines for part in ("-H", line)]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *options, url]
    text = subprocess.check_output(command, text=True)
    assert "Non-2xx" not in text, text
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])  # type: ignore[index]
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def proportional(pid: int) -> float:
    """Gives a process's share of the memory in MB: what it has alone and its part of the rest."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split("\nPss:")[1].split()[0]) / 1024
