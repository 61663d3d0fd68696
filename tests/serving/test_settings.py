"""Settings from outside: listed at one place, and wrong ones named in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from vasite.environment import PROJECT_DIR, VARIABLES, default_sender, read_environment


def test_env_example_lists_every_variable() -> None:
    lines = (PROJECT_DIR / ".env.example").read_text().splitlines()
    listed = dict(line[1:].split("=", 1) for line in lines if line[:1] == "#" and line[1:2] != " ")
    assert listed == {variable.name: variable.default for variable in VARIABLES}
    for variable in VARIABLES:
        assert f"# {variable.explanation}" in lines


def test_a_file_named_env_is_read_and_the_environment_outranks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "::1")
    for name in ("PORT", "ALLOWED_HOSTS", "DEBUG", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("vasite.environment.PROJECT_DIR", tmp_path)
    (tmp_path / ".env").write_text(
        "# mine\nPORT=9000\nHOST=127.0.0.2\nALLOWED_HOSTS=a.example, b.example\nDEBUG=yes\n"
    )
    values = read_environment()
    assert (values["PORT"], values["HOST"], values["DEBUG"]) == (9000, "::1", True)
    assert values["ALLOWED_HOSTS"] == ["a.example", "b.example"]
    assert values["DATA_DIR"] == Path("data")


@pytest.mark.parametrize(
    ("address", "port", "is_encrypted_at_once", "is_encrypted_later"),
    [
        ("smtps://zoe:secret@mail.example.com", 465, True, False),
        ("smtps://zoe:secret@mail.example.com:8465", 8465, True, False),
        ("smtp+ssl://zoe:secret@mail.example.com", 465, True, False),
        ("smtp+tls://zoe:secret@mail.example.com", 587, False, True),
        ("smtp://mail.example.com", 25, False, False),
    ],
)
def test_owner_names_the_mail_server_as_the_provider_does(
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    port: int,
    is_encrypted_at_once: bool,
    is_encrypted_later: bool,
) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    found = read_environment()["EMAIL_URL"]
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", port)
    assert found.get("EMAIL_USE_SSL", False) is is_encrypted_at_once
    assert found.get("EMAIL_USE_TLS", False) is is_encrypted_later


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("EMAIL_URL", "smtp+tls://zoe:se{}cret@mail.example.com:587"),
        ("BOUNCE_MAILBOX_URL", "imaps://zoe:se{}cret@mail.example.com"),
    ],
)
@pytest.mark.parametrize("sign", ["#", "/", "?"])
def test_owner_with_a_sign_in_the_password_is_told_how_to_write_it(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str, sign: str
) -> None:
    monkeypatch.setenv(name, address.format(sign))
    with pytest.raises(ImproperlyConfigured, match="write %23 for #"):
        read_environment()
    monkeypatch.setenv(name, address.format(f"%{ord(sign):X}"))
    assert f"se{sign}cret" in str(read_environment()[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "127.0.0.1:8000"),
        ("ALLOWED_HOSTS", "https://a.example"),
        ("ALLOWED_HOSTS", "a.example b.example"),
        ("ALLOWED_HOSTS", "a.example:8000"),
        ("ALLOWED_HOSTS", "a.example/"),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://db.sqlite3"),
        ("DATABASE_URL", "sqlite://data/db.sqlite3"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("CACHE_URL", "file://"),
        ("CACHE_URL", "redis://127.0.0.1:six/0"),
        ("PURGE_URL", "varnish://127.0.0.1:six"),
        ("PURGE_URL", "varnish://127.0.0.1:99999"),
        ("MEDIA_BUCKET_URL", "s3://key:secret@host:six/bucket"),
        ("EMAIL_URL", "smtp+tls://zoe:secret@mail example:587"),
        ("OPERATOR_EMAIL", "zoe@example.com, ann@example.com"),
        ("DEFAULT_FROM_EMAIL", "zoe@example.com, ann@example.com"),
        ("BOUNCE_MAILBOX_URL", "imaps://zoe:sëcret@mail.example.com"),
        ("DATABASE_URL", "sqlite:///db.sqlite3?timeout=5"),
        ("DATABASE_URL", "postgres://zoe:secret@127.0.0.1/name#x"),
        ("CACHE_URL", "locmem://?timeout=5"),
        ("CACHE_URL", "file:///tmp/cache?timeout=5"),
        ("PURGE_URL", "varnish://127.0.0.1:6081?x=1"),
        ("MEDIA_BUCKET_URL", "s3://key:secret@host/bucket?region=eu"),
        ("EMAIL_URL", "smtp+tls://zoe:secret@mail.example.com:587?timeout=5"),
        ("EMAIL_URL", "smtp+tls://zoe:secret@mail.example.com:587/tls"),
        ("BOUNCE_MAILBOX_URL", "imaps://zoe:secret@mail.example.com/INBOX?ssl=1"),
        ("SENTRY_DSN", "https://key@errors.example.com/1?environment=live"),
    ],
)
def test_operator_is_told_which_setting_would_fail_later(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is not valid: expected"):
        read_environment()


@pytest.mark.parametrize("address", ["::1", "127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104
def test_operator_lets_the_site_listen_where_it_is(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HOST", address)
    monkeypatch.setenv("ALLOWED_HOSTS", ".a.example, [2001:db8::1], 192.0.2.1")
    values = read_environment()
    assert values["HOST"] == address
    assert values["ALLOWED_HOSTS"] == [".a.example", "[2001:db8::1]", "192.0.2.1"]


def test_an_sqlite_file_is_the_same_from_whichever_folder_the_site_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///data/mine.sqlite3")
    assert read_environment()["DATABASE_URL"]["NAME"] == str(PROJECT_DIR / "data/mine.sqlite3")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            b"# mine\nEMAIL_URL = smtp://zoe:secret@mail.example.com\n",
            "Line 2 of .+ without blanks",
        ),
        (b"PORT: 9000\n", "Line 1 of .+ NAME=value"),
        ("EMAIL_URL=smtp://zoë@mail.example.com\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_line_that_would_be_passed_over_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes, told: str
) -> None:
    monkeypatch.setattr("vasite.environment.PROJECT_DIR", tmp_path)
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(ImproperlyConfigured, match=told) as raised:
        read_environment()
    assert "secret" not in str(raised.value)


def test_a_file_as_windows_saves_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr("vasite.environment.PROJECT_DIR", tmp_path)
    (tmp_path / ".env").write_bytes("\ufeffPORT=9000\r\n  # mine\r\n\r\n".encode())
    assert read_environment()["PORT"] == 9000


PRINT_HTTPS_SETTINGS = """
from django.conf import settings
from django.test import Client
answer = Client().get("/healthz", secure=True, headers={"Host": "www.example.co.uk"})
print(answer["Strict-Transport-Security"])
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
answer = Client().get("/about/", headers={"Host": "www.example.co.uk"})
print(answer.status_code, answer["Location"])
"""


def test_an_https_site_is_strict() -> None:
    printed = subprocess.check_output(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", PRINT_HTTPS_SETTINGS],
        cwd=PROJECT_DIR,
        env=os.environ | {"SITE_URL": "https://www.example.co.uk"},
        text=True,
    )
    age, cookies, redirect = [line for line in printed.splitlines() if "INFO" not in line]
    assert age == "max-age=31536000"
    assert cookies == "True True"
    assert redirect == "301 https://www.example.co.uk/about/"


PRINT_FOREIGN_SETTINGS = """
from django.conf import settings
from django.test import Client
from newsletter.models import Delivery
print(settings.SITE_URL, settings.SITE_HOST, settings.TWIN_HOST)
print(settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_ADDRESS, settings.MAIL_TRANSPORT["EMAIL_HOST"])
print(Delivery(pk=7).message_id.partition("@")[2])
answer = Client().get("/healthz", secure=True, headers={"Host": "www.xn--bcher-kva.example:8443"})
print(answer.status_code)
answer = Client().get("/healthz", secure=True, headers={"Host": "a.xn--mller-kva.example"})
print(answer.status_code)
answer = Client().get("/robots.txt", secure=True, headers={"Host": "xn--bcher-kva.example:8443"})
print(answer.text.splitlines()[-1])
"""


@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"])
def test_a_site_at_a_foreign_domain_names_itself_as_browsers_and_servers_do(host: str) -> None:
    printed = subprocess.check_output(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", PRINT_FOREIGN_SETTINGS],
        cwd=PROJECT_DIR,
        env=os.environ
        | {
            "SITE_URL": f"https://{host}:8443/",
            "DEFAULT_FROM_EMAIL": f"Zoë <zoe@{host}>",
            "BOUNCE_ADDRESS": f"bounces@{host}",
            "EMAIL_URL": f"smtp+tls://zoe:secret@{host}:587",
            "ALLOWED_HOSTS": ".müller.example",
        },
        text=True,
    )
    assert [line for line in printed.splitlines() if "INFO" not in line] == [
        "https://xn--bcher-kva.example:8443 xn--bcher-kva.example www.xn--bcher-kva.example",
        "Zoë <zoe@xn--bcher-kva.example> bounces@xn--bcher-kva.example xn--bcher-kva.example",
        "xn--bcher-kva.example>",
        "200",
        "200",
        "Sitemap: https://xn--bcher-kva.example:8443/sitemap.xml",
    ]


@pytest.mark.parametrize(
    ("host", "sender"),
    [
        ("bücher.example", "website@xn--bcher-kva.example"),
        ("www.example.co.uk", "website@example.co.uk"),
        ("localhost", "website@example.com"),
        ("192.0.2.1", "website@example.com"),
        ("::1", "website@example.com"),
    ],
)
def test_mails_come_from_the_site_unless_another_sender_is_set(host: str, sender: str) -> None:
    assert default_sender(host) == sender


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("SITE_URL", "example.co.uk"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "nonsense"),
        ("CACHE_URL", "memory"),
        ("CACHE_URL", "redis://:secret@127.0.0.1:1/0"),
        ("CACHE_URL", "redis://:secret@127.0.0.1:1/0?foo=bar"),
        ("CACHE_URL", "redis://:secret@127.0.0.1:1/0?socket_timeout=long"),
        ("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/none?foo=bar"),
        ("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/none?pool=1"),
        ("EMAIL_URL", "mail.example.com"),
        ("WEB_CONCURRENCY", "0"),
        ("DEBUG", "perhaps"),
        ("SECRET_KEY", "my secret"),
        ("DEFAULT_FROM_EMAIL", "Severn Office"),
        ("DJANGO_SUPERUSER_EMAIL", "owner@"),
        ("DEFAULT_FROM_EMAIL", "Änna <änna@example.com>"),
        ("DEFAULT_FROM_EMAIL", "site@localhost"),
        ("DEFAULT_FROM_EMAIL", "anna@ſite.example"),
        ("BOUNCE_ADDRESS", "用户@example.com"),
        ("BOUNCE_ADDRESS", f"b@{'ü' * 70}.example"),
        ("SITE_URL", "http://i❤.example"),
        ("SITE_URL", "http://my site.example"),
        ("SITE_URL", "https://www..example"),
        ("SITE_URL", "https://me:secret@www.example"),
        ("SITE_URL", "https://www.example/?page=1"),
        ("SITE_URL", f"https://{'ü' * 70}.example"),
        ("ALLOWED_HOSTS", "a.example, i❤.example"),
        ("EMAIL_URL", "smtp://änna:secret@mail.example.com:587"),
        ("EMAIL_URL", "smtp://i❤.example:25"),
        ("HOST", "192.0.2.1"),
        ("OPERATOR_EMAIL", "operator@"),
        ("LOG_FORMAT", "xml"),
        ("DATA_DIR", "/proc/nowhere"),
        ("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/none"),
        ("HOST", "http://127.0.0.1"),
        ("DATABASE_URL", "sqlite://secret/db.sqlite3"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/db.sqlite3"),
        ("CACHE_URL", "file:///proc/nowhere"),
    ],
)
def test_a_wrong_one_stops_the_start_with_one_line(name: str, value: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=PROJECT_DIR,
        env=os.environ | {"PORT": "8765", name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.strip().splitlines()
    assert name in line
    assert "secret" not in line


# Lets root be refused as others are
BARE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]


@pytest.mark.parametrize("name", ["secret_key", "lock"])
def test_operator_who_ran_a_command_as_root_is_told_whose_file_it_has_to_be(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("k3y" * 20)
    (tmp_path / name).chmod(0)
    ended = subprocess.run(
        [*(BARE if os.geteuid() == 0 else []), sys.executable, "manage.py", "serve"],
        cwd=PROJECT_DIR,
        env=os.environ | {"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1  # it ends for good under systemd, too
    (line,) = ended.stderr.strip().splitlines()
    assert "Permission denied" in line
    assert f"{tmp_path}" in line
    assert "Give" in line
