"""What every answer carries, and what stays out of the log."""

import logging
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from tests.conftest import SmallSite
from vasite.environment import VARIABLES
from vasite.serving.errors import render_error
from vasite.serving.logs import JsonFormatter, TextFormatter

VARIABLES_BY_NAME = {variable.name: variable for variable in VARIABLES}


@pytest.mark.parametrize(
    "path", ["/", "/blog/on-trust/", "/contact/", "/no-such-page/", "/healthz"]
)
def test_headers_are_on_every_answer(client: Client, site: SmallSite, path: str) -> None:
    answer = client.get(path)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_the_same_bytes_for_everyone(client: Client, va: Client, site: SmallSite) -> None:
    for path in ("/", "/blog/on-trust/", "/contact/"):
        assert client.get(path).content == va.get(path).content


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 411, 413, 422, 429, 500, 503])
def test_error_pages_need_no_database(status: int, rf) -> None:
    page = render_error(rf.get("/"), status)  # the database fixture is not asked for
    assert page.status_code == status
    assert b'href="/"' in page.content


def test_a_database_that_is_gone_gives_503(
    client: Client, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr("wagtail.models.Site.find_for_request", fail)
    answer = client.get("/blog/on-trust/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"


def test_health_tells_strangers_no_detail(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing"}
    assert "no-cache" in answer["Cache-Control"]
    assert "Not ready: worker" in caplog.text


def test_the_log_holds_no_token_and_no_address(
    client: Client, site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/newsletter/confirm/secret-token/")
    client.get("/search/?q=me@example.com")
    client.get("/me@example.com/")
    assert "GET /newsletter/confirm/…/ 404" in caplog.text
    assert "secret-token" not in caplog.text
    assert "me@example.com" not in caplog.text


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_exception_is_logged_without_its_message(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("me@example.com")
    except ValueError as error:
        record = logging.LogRecord("x", 40, "", 0, "Broke", None, (ValueError, error, None))
    line = formatter.format(record)
    assert "ValueError" in line
    assert "me@example.com" not in line


def test_signing_in_is_rate_limited(client: Client, django_user_model) -> None:
    django_user_model.objects.create_superuser("va", "va@example.com", "right password")
    wrong = {"username": "va", "password": "wrong"}
    for _ in range(5):
        answer = client.post("/admin/login/", wrong)
    assert answer.status_code == 429
    assert "Wait a quarter of an hour" in answer.text
    assert (answer["Retry-After"], answer["Cache-Control"]) == ("900", "no-store")
    right = wrong | {"password": "right password"}
    assert client.post("/admin/login/", right).status_code == 429


def test_make_password_lets_the_va_in_again(client: Client, django_user_model) -> None:
    django_user_model.objects.create_superuser("va", "va@example.com", "forgotten")
    for _ in range(5):
        client.post("/admin/login/", {"username": "va", "password": "a guess"})
    printed = StringIO()
    call_command("set_password", stdout=printed)
    found = re.search(r"User: va   Password: (\S+)", printed.getvalue())
    assert found
    answer = client.post("/admin/login/", {"username": "va", "password": found[1]})
    assert answer.status_code == 302


def test_owner_whom_nobody_locked_out_reads_the_password_and_nothing_else(
    capsys: pytest.CaptureFixture[str], django_user_model
) -> None:
    django_user_model.objects.create_superuser("va", "va@example.com", "forgotten")
    call_command("set_password")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("User: va   Password: ")
    assert second == "Sign in at /admin/ with it."


def test_one_guesser_does_not_lock_the_va_out(client: Client, settings, django_user_model) -> None:
    """Behind a proxy every request comes from its address; what counts is the one it names."""
    settings.IS_HTTPS = True
    django_user_model.objects.create_superuser("va", "va@example.com", "right password")
    for number in range(6):  # the guesser makes up the first address, the proxy adds the last
        claim = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
        guess = client.post("/admin/login/", {"username": "va", "password": "x"}, headers=claim)
    assert guess.status_code == 429
    right = {"username": "va", "password": "right password"}
    own = {"X-Forwarded-For": "192.0.2.44"}
    assert client.post("/admin/login/", right, headers=own).status_code == 302


def test_a_cache_server_that_is_gone_is_not_missed(
    client: Client, site: SmallSite, settings
) -> None:
    settings.CACHES = {
        name: VARIABLES_BY_NAME["CACHE_URL"].read("redis://127.0.0.1:1/0")
        for name in ("default", "renditions")
    }
    for path in ("/", "/blog/on-trust/", "/contact/"):
        assert client.get(path).status_code == 200


def test_machines_find_their_addresses(client: Client, site: SmallSite) -> None:
    for path in ("/sitemap.xml", "/site.webmanifest", "/.well-known/security.txt"):
        assert client.get(path).status_code == 200
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"  # a foreign host
    own = client.get("/robots.txt", headers={"Host": "127.0.0.1:8000"}).text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in own


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/%00/", 400),
        ("/%ff%fe/", 404),
        ("/?page=\u00b2", 200),
        ("/blog/?page=\u00b2", 404),
        ("/contact/?service=%00", 200),
        ("/" + "x" * 5000 + "/", 404),
        ("/media/../secret_key", 400),
        ("/media/%2e%2e/secret_key", 400),
    ],
)
def test_odd_addresses_are_answered(
    client: Client, site: SmallSite, path: str, status: int
) -> None:
    assert client.get(path).status_code == status
