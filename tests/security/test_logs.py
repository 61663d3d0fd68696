"""No line of any log names a person, holds a link's token or says where somebody asked from."""

from __future__ import annotations

import http.client
import logging
import logging.config
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core import signing

from tests.deploy.fronts import DEPLOY, HOST, connect, fill_in, listens, nginx
from tests.programs import needs
from tests.served import ServedSite, copy_of_standard_site, free_port, wait_until
from vasite.serving.logs import masked

EMAIL = "zelda.quux@example.org"
OPAQUE = "Quuxtoken-9fX2kLmNpQrStUvWxYz0123456789abcdefg"
SIGNED = signing.dumps(EMAIL, key="x" * 50, salt="x")
MARKERS = ("quux", SIGNED.partition(":")[0].casefold(), "203.0.113.77", "2001:db8::77")
LINKS = (
    *("privacy/your-data", "newsletter/confirm", "newsletter/unsubscribe"),
    *("newsletter/preferences", "newsletter/follow", "newsletter/unfollow"),
    *("newsletter/moderate", "preview", "admin/password_reset/confirm/MQ"),
)
SENTENCES = (
    *[f"Service Unavailable: /{link}/{OPAQUE}/" for link in LINKS],
    *[f"Internal Server Error: /{link}/{SIGNED}/" for link in LINKS],
    f"Error handling request /newsletter/confirm/{OPAQUE}/?email={quote(EMAIL)}",
    f"Not Found: /x/{quote(EMAIL)}",
    f"Invalid HTTP request line: 'GET /preview/{OPAQUE}/ HTTP/9'",
    f"DETAIL:  Key (email)=({EMAIL}) already exists.",
    f"recipient <{EMAIL}> refused",
    f"token={OPAQUE}",
)


def markers_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if any(one in line.casefold() for one in MARKERS)]


@pytest.mark.parametrize("format_name", ["text", "json"])
@pytest.mark.parametrize(
    "name",
    [
        *("django.request", "django.security.csrf", "django.security.DisallowedHost"),
        *("gunicorn.error", "whitenoise", "anymail", "django_tasks", "axes", "vasite.event"),
        *("py.warnings", "PIL", "anything.else"),
    ],
)
def test_no_logger_writes_a_token_or_an_address(format_name: str, name: str) -> None:
    factory = settings.LOGGING["formatters"][format_name]["()"]
    formatter = logging.config.BaseConfigurator({}).resolve(factory)()
    for words in SENTENCES:
        record = logging.LogRecord(name, logging.ERROR, "x.py", 1, "%s", (words,), None)
        record.facts = {"path": words, "status": 500}
        assert markers_in(formatter.format(record)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid request from ip=203.0.113.77: x", "Invalid request from ip=…: x"),
        ("peer [2001:db8::77]:443 left", "peer […]:443 left"),
        ("::ffff:203.0.113.77", "……"),
        ("at 10:11:12 on 2026-11-26", "at 10:11:12 on 2026-11-26"),
        ("Wagtail 7.4.1, Python 3.11.2", "Wagtail 7.4.1, Python 3.11.2"),
        ("vasite.home.tasks.forget_data_requests", "vasite.home.tasks.forget_data_requests"),
    ],
)
def test_frameworks_lines_hold_no_ip_address_and_stay_readable(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder = tmp_path_factory.mktemp("site")
    address = copy_of_standard_site(folder, "vasite_logs")
    with ServedSite(folder, SITE_URL=f"https://{HOST}", DATABASE_URL=address) as site:
        yield site


def ask(site: ServedSite, path: str, method: str = "GET", body: str = "", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    own = {
        "Host": HOST,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.77",
        "User-Agent": f"{EMAIL} {OPAQUE}",
        "Referer": f"https://{HOST}/preview/{OPAQUE}/",
    }
    if body:
        own["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body or None, own | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def send_raw(site: ServedSite, request: str) -> bytes:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        connection.sendall(request.encode())
        return connection.recv(100)


@pytest.mark.xdist_group("logs")  # one start of the site
def test_served_site_prints_no_token_or_address_at_any_status(site: ServedSite) -> None:
    paths = [f"/{link}/{token}/" for link in LINKS for token in (OPAQUE, SIGNED)]
    statuses = {ask(site, path) for path in paths}
    statuses |= {ask(site, path, "DELETE") for path in paths}
    statuses |= {ask(site, path, "POST", "x=1") for path in paths}
    statuses.add(ask(site, f"/search/?q={quote(EMAIL)}"))
    statuses.add(ask(site, f"/{quote(EMAIL)}/"))
    form = urlencode({"name": "Quux", "email": EMAIL, "message": ""})
    statuses.add(ask(site, "/contact/", "POST", form))
    statuses.add(ask(site, f"/preview/{OPAQUE}/", Host=EMAIL))
    statuses.add(ask(site, "/admin/login/", "POST", urlencode({"username": EMAIL})))
    for line in (
        f"GET /preview/{OPAQUE}/ HTTP/9.9",
        f"G@T /preview/{OPAQUE}/ HTTP/1.1",
        f"GET /preview/{OPAQUE}/ HTTP/1.1\r\n{EMAIL} : x",
    ):
        send_raw(site, f"{line}\r\nHost: {HOST}\r\n\r\n")
    assert {400, 403, 404, 405, 422} <= statuses
    # Without their tables, pages fail: 500 or 503, by the database
    site.run_code(
        "from django.db import connection\n"
        "with connection.cursor() as cursor:\n"
        "    for name in ('home_datarequest', 'forms_trace'):\n"
        "        cursor.execute(f'DROP TABLE {name}')"
    )
    broken = {ask(site, f"/privacy/your-data/{token}/") for token in (OPAQUE, SIGNED)}
    valid = urlencode({"name": "Quux", "email": EMAIL, "message": "Quux"})
    broken.add(ask(site, "/contact/", "POST", valid))
    assert broken <= {500, 503}
    assert broken
    wait_until(lambda: any(" 500 " in line or " 503 " in line for line in site.output))
    assert markers_in("".join(site.output)) == []


@needs("nginx")
@needs("openssl")
@pytest.mark.xdist_group("logs")  # one start of the site
def test_nginx_keeps_no_log_of_visitors(site: ServedSite, tmp_path: Path) -> None:
    with nginx(site, tmp_path) as port:
        for path in (f"/preview/{OPAQUE}/", f"/newsletter/confirm/{SIGNED}/", "/media/../x"):
            connection = connect(port)
            connection.request("GET", path, headers={"Host": HOST})
            connection.getresponse().read()
            connection.close()
    text = "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.log"))
    assert markers_in(text) == []
    configuration = (tmp_path / "site.conf").read_text()
    assert configuration.count("access_log off;") == configuration.count("server {")


@needs("caddy")
def test_caddy_says_nothing_of_a_request_that_failed(tmp_path: Path) -> None:
    port = free_port()
    places: dict[str, object] = {
        "{$SITE_URL} {$TWIN_URL}": f"http://{HOST}:{port}",
        "127.0.0.1:8000": f"127.0.0.1:{free_port()}",  # where nobody listens
        "/srv/vasite/deploy": DEPLOY,
        "\n{\n": "\n{\n\tadmin off\n",
    }
    caddyfile, log = tmp_path / "Caddyfile", tmp_path / "log"
    caddyfile.write_text(fill_in((DEPLOY / "Caddyfile").read_text(), places))
    command = ["caddy", "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: listens(port))
        for path in (f"/preview/{OPAQUE}/", f"/newsletter/confirm/{SIGNED}/"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", path, headers={"Host": HOST, "Cookie": EMAIL})
            assert connection.getresponse().status == 503
            connection.close()
    finally:
        process.terminate()
        process.wait(20)
    assert markers_in(log.read_text()) == []
    assert "127.0.0.1" not in "".join(re.findall(r'"remote_ip":"[^"]+"', log.read_text()))
