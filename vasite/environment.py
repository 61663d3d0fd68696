"""The site's settings from outside: each variable with its type, default and meaning.

Values come from the process environment, then from a `.env` file in the project's folder.
`.env.example` lists the same variables; a test holds the two together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import getaddresses
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError

from vasite.email_addresses import host_to_ascii, to_ascii

PROJECT_DIR = Path(__file__).resolve().parent.parent


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"": False, "0": False, "false": False, "no": False, "off": False}
    return words[text.strip().lower()]


def _long_text(text: str) -> str:
    if len(text) < 50 or len(set(text)) < 5:  # Django's own measure: security.W009
        raise ValueError
    return text


def _email_address(text: str) -> str:
    ((_, address),) = getaddresses([text])
    before, found, after = text.rpartition(address)
    try:
        return f"{before}{to_ascii(found)}{after}"
    except ValidationError:
        raise ValueError from None


def _names(text: str) -> list[str]:
    return [_host(name.strip()) for name in text.split(",") if name.strip()]


HOST_NAME = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


def _host(text: str) -> str:
    """Return a host name as A-labels, as browsers and mail servers write it, or an IP address."""
    if ":" in text:
        return f"[{IPv6Address(text.strip('[]'))}]"
    begin = "." if text.startswith(".") else ""  # Django's sign for its subdomains, too
    try:
        host = begin + host_to_ascii(text.removeprefix("."))
    except ValidationError:
        raise ValueError from None
    if not HOST_NAME.fullmatch(host):
        raise ValueError
    return host


def _bare_host(text: str) -> str:
    return _host(text).strip("[]")


def _site_url(text: str) -> str:
    parts = urlsplit(text)
    is_more = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_more:
        raise ValueError
    return f"{parts.scheme}://{_host(parts.hostname)}" + (f":{parts.port}" if parts.port else "")


def _log_format(text: str) -> str:
    if text not in {"text", "json"}:
        raise ValueError
    return text


def _database(text: str) -> dict[str, Any]:
    parts = urlsplit(text)
    is_sqlite = parts.scheme == "sqlite"
    if parts.fragment or (is_sqlite and parts.query):  # PostgreSQL's library reads a query
        raise ValueError
    if not is_sqlite and parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError
    # sqlite://path means a host, and then a database in memory, of each process its own
    if is_sqlite and (parts.netloc or not parts.path.strip("/")):
        raise ValueError
    config = dict(environ.Env.db_url_config(text))
    if not config.get("NAME") or config["NAME"] == ":memory:":
        raise ValueError
    if is_sqlite:
        config["NAME"] = str(PROJECT_DIR / config["NAME"])
    return config


def _split_url(text: str) -> SplitResult:
    parts = urlsplit(text)
    if parts.port == 0:  # reading it refuses what is no port
        raise ValueError
    return parts


def _bare_url(text: str) -> SplitResult:
    """Split a URL of which nothing behind the path is read: what stands there is a mistake, or a
    password's sign that is not written as it has to be."""
    parts = _split_url(text)
    if parts.query or parts.fragment:
        raise ValueError
    return parts


def _cache(text: str) -> dict[str, Any]:
    scheme, _, rest = text.partition("://")
    if not scheme.startswith("redis"):  # whose library reads a query
        _bare_url(text)
    if scheme == "locmem" or (scheme == "file" and rest):
        return dict(environ.Env.cache_url_config(f"{scheme}cache://{rest}"))
    parts = _split_url(text)
    if scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": text,
        # A cache server that stops makes pages slower, never an error.
        "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }


def _purge(text: str) -> dict[str, str]:
    parts = _bare_url(text)
    is_varnish = parts.scheme == "varnish" and parts.hostname
    is_cdn = parts.scheme in {"cloudflare", "fastly"} and parts.username and parts.password
    if not (is_varnish or is_cdn):
        raise ValueError
    return {
        "scheme": parts.scheme,
        "host": parts.netloc.rpartition("@")[2],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


def _bucket(text: str) -> dict[str, str]:
    parts = _bare_url(text)
    name = parts.path.strip("/")
    if parts.scheme not in {"s3", "s3+http"} or not (parts.hostname and parts.password and name):
        raise ValueError
    scheme = "http" if parts.scheme == "s3+http" else "https"
    return {
        "access_key": unquote(parts.username or ""),
        "secret_key": unquote(parts.password),
        "bucket_name": name,
        "endpoint_url": f"{scheme}://{parts.netloc.rpartition('@')[2]}",
    }


MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "smtps": 465}


def _email(text: str) -> dict[str, Any]:
    if not text:
        return {}
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in MAIL_PORTS or _bare_url(text).path.strip("/"):
        raise ValueError
    # django-environ takes smtps for STARTTLS: RFC 8314 means encrypted from the first byte
    config = dict(environ.Env.email_url_config(f"{scheme.replace('smtps', 'smtp+ssl')}://{rest}"))
    if not config.get("EMAIL_HOST"):
        raise ValueError
    config["EMAIL_PORT"] = config.get("EMAIL_PORT") or MAIL_PORTS[scheme]
    config["EMAIL_HOST"] = _bare_host(config["EMAIL_HOST"])
    # smtplib signs in with ASCII alone
    if not f"{config.get('EMAIL_HOST_USER')}{config.get('EMAIL_HOST_PASSWORD')}".isascii():
        raise ValueError
    return config


def _dsn(text: str) -> str:
    parts = _bare_url(text)
    is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    project = parts.path.rpartition("/")[2]
    if not (parts.scheme == "https" or is_here) or not (parts.hostname and parts.username):
        raise ValueError
    if not (project.isascii() and project.isdigit()):
        raise ValueError
    return text


class Mailbox(NamedTuple):
    """A mailbox that is read over IMAP."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    is_encrypted: bool


def _mailbox(text: str) -> Mailbox:
    parts = _bare_url(text)
    is_encrypted = parts.scheme == "imaps"
    is_here = parts.scheme == "imap" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not (is_encrypted or is_here) or not (parts.hostname and parts.username and parts.password):
        raise ValueError
    # imaplib signs in with ASCII alone
    if not unquote(f"{parts.username}{parts.password}").isascii():
        raise ValueError
    return Mailbox(
        _bare_host(parts.hostname),
        parts.port or (993 if is_encrypted else 143),
        unquote(parts.username),
        unquote(parts.password),
        unquote(parts.path.strip("/")) or "INBOX",
        is_encrypted,
    )


def _name_and_password(text: str) -> str:
    name, _, password = text.partition(":")
    if text and not (name and len(password) >= 16):
        raise ValueError
    return text


@dataclass(frozen=True)
class Variable:
    """One setting from outside.

    `read` turns text into the value and raises ValueError or KeyError for text it can't;
    `example` completes the sentence "expected …" of the error that the operator sees.
    """

    name: str
    read: Callable[[str], Any]
    default: str
    example: str
    explanation: str


VARIABLES = (
    Variable("PORT", _port, "8000", "a number from 1 to 65535", "The port the site listens on."),
    Variable("HOST", _bare_host, "127.0.0.1", "an address", "The address the site listens on."),
    Variable(
        "DATA_DIR",
        Path,
        "data",
        "a folder",
        "Where everything that lives is kept: database, pictures, secret key.",
    ),
    Variable(
        "SITE_URL",
        _site_url,
        "",
        "an address such as https://www.example.co.uk",
        "The public address, used in mails, feeds and the sitemap. Default: http://HOST:PORT.",
    ),
    Variable(
        "ALLOWED_HOSTS",
        _names,
        "",
        "host names separated by commas",
        "Host names the site answers to besides that of SITE_URL.",
    ),
    Variable(
        "SECRET_KEY",
        _long_text,
        "",
        "a random text of 50 characters or more",
        "Signs sessions and links. Made once and kept in DATA_DIR when not given.",
    ),
    Variable(
        "DATABASE_URL",
        _database,
        "",
        "postgres://user:password@host:5432/name or sqlite:///path",
        "The database. Default: one SQLite file under DATA_DIR.",
    ),
    Variable(
        "CACHE_URL",
        _cache,
        "locmem://",
        "redis://host:6379/0, file:///path or locmem://",
        "The cache. Default: the memory of each process.",
    ),
    Variable(
        "PAGE_FILES",
        _boolean,
        "false",
        "true or false",
        "Lays finished pages out as files for nginx (deploy/nginx.conf), where one machine serves "
        "the site.",
    ),
    Variable(
        "PURGE_URL",
        _purge,
        "",
        "varnish://127.0.0.1:6081, cloudflare://zone:token@ or fastly://service:token@",
        "What keeps pages in front of the site and is told of each change within a second or two.",
    ),
    Variable(
        "MEDIA_BUCKET_URL",
        _bucket,
        "",
        "s3://key:secret@host/bucket, or s3+http:// for a server beside this one",
        "An S3-compatible bucket for pictures and documents, for several machines. Needs `sh "
        "requirements/install amazon`. Default: DATA_DIR/media.",
    ),
    Variable(
        "EMAIL_URL",
        _email,
        "",
        "smtp+tls://user:password@host:587, or smtps://user:password@host:465",
        "The mail server. Without it, mails wait in the admin's outbox.",
    ),
    Variable(
        "DEFAULT_FROM_EMAIL",
        _email_address,
        "",
        "name@example.co.uk or Your Name <name@example.co.uk>",
        "The sender of the site's mails. Default: website@ the host of SITE_URL.",
    ),
    Variable(
        "OPERATOR_EMAIL",
        _email_address,
        "",
        "an e-mail address",
        "Who is told by email when the worker, emails, the disk, the certificate or background "
        "tasks are in trouble. Default: the address under Your business.",
    ),
    Variable(
        "BOUNCE_ADDRESS",
        _email_address,
        "",
        "an e-mail address",
        "Where mail servers send newsletters back to. Default: the address of DEFAULT_FROM_EMAIL.",
    ),
    Variable(
        "BOUNCE_MAILBOX_URL",
        _mailbox,
        "",
        "imaps://user:password@host/folder, with %40 for an @ in the user's name",
        "The mailbox of BOUNCE_ADDRESS, from which the site learns what came back.",
    ),
    Variable(
        "MAIL_WEBHOOK_SECRET",
        _name_and_password,
        "",
        "a name and a long password, as in vasite:Zq3…",
        "What your mail provider signs in with when it reports mails that came back, at "
        "SITE_URL/anymail/<provider>/tracking/. Without it, no report is taken.",
    ),
    Variable(
        "MAILGUN_SIGNING_KEY",
        str,
        "",
        "the HTTP webhook signing key of your Mailgun account",
        "Checks Mailgun's signature under its reports.",
    ),
    Variable(
        "DJANGO_SUPERUSER_USERNAME", str, "admin", "a name", "The first administrator's name."
    ),
    Variable(
        "DJANGO_SUPERUSER_EMAIL",
        _email_address,
        "",
        "an e-mail address",
        "The first administrator's address, used to reset the password.",
    ),
    Variable(
        "DJANGO_SUPERUSER_PASSWORD",
        str,
        "",
        "a password",
        "The first administrator's password. Made and shown once when not given.",
    ),
    Variable(
        "WEB_CONCURRENCY",
        _count,
        "2",
        "a whole number from 1",
        "How many web processes; each works on six requests at once.",
    ),
    Variable(
        "METRICS_TOKEN",
        _long_text,
        "",
        "a random text of 50 characters or more",
        "Lets a Prometheus that sends it as its bearer token read /metrics. Without it, that page "
        "isn't there.",
    ),
    Variable(
        "SENTRY_DSN",
        _dsn,
        "",
        "https://key@host/number, as Sentry shows it under Client Keys",
        "Where errors are sent, without personal data: Sentry, or a service that takes the same, "
        "such as GlitchTip. Needs `sh requirements/install sentry`.",
    ),
    Variable("LOG_FORMAT", _log_format, "text", "text or json", "How log lines are written."),
    Variable(
        "DEBUG",
        _boolean,
        "false",
        "true or false",
        "Shows errors with their code. Only for development: `make dev` sets it.",
    ),
)


def default_sender(host: str) -> str:
    """Return the sender for a site at a host; at example.com where the host has no mail."""
    try:
        return to_ascii(f"website@{host.removeprefix('www.')}")
    except ValidationError:  # a name without a dot, or an IP address
        return "website@example.com"


IN_PASSWORDS = "In a password write %23 for #, %25 for %, %2F for /, %3F for ? and %40 for @. "


ENV_LINE = re.compile(r"\s*(#.*)?|(export )?[A-Za-z_0-9]+=.*")


def _read_env_file(path: Path) -> None:
    """Put the lines of a file into the environment. Raise ImproperlyConfigured for one that the
    library would pass over, with its number: its text may hold a password."""
    try:
        lines = path.read_text("utf-8-sig").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ImproperlyConfigured(
            f"The file {path} can't be read ({reason}). Save it as text in UTF-8 and let this user "
            "read it."
        ) from None
    for number, line in enumerate(lines, 1):
        if not ENV_LINE.fullmatch(line):
            raise ImproperlyConfigured(
                f"Line {number} of {path} is not valid: expected NAME=value, without blanks around "
                "the =, or # and a comment."
            )
    environ.Env.read_env(path, encoding="utf-8-sig")


def read_environment() -> dict[str, Any]:
    """Gives every variable's value by name, from the environment or `.env`.

    A variable that is absent or empty takes its default, and one whose default is empty too is
    an empty string. Raises ImproperlyConfigured with one line that names the variable.
    """
    _read_env_file(PROJECT_DIR / ".env")
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = os.environ.get(variable.name, "") or variable.default
        try:
            values[variable.name] = variable.read(text) if text else text
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            # The value itself may hold a password and stays out of the message.
            raise ImproperlyConfigured(
                f"{variable.name} is not valid: expected {variable.example}. "
                f"{IN_PASSWORDS if '@host' in variable.example else ''}"
                "Set it in the environment or in .env."
            ) from None
    return values
