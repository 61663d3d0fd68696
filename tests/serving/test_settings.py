"""Settings from outside: listed at one place, and wrong ones named in one line."""

import os
import subprocess
import sys

import pytest

from vasite.environment import PROJECT_DIR, VARIABLES


def test_env_example_lists_every_variable() -> None:
    lines = (PROJECT_DIR / ".env.example").read_text().splitlines()
    listed = dict(line[1:].split("=", 1) for line in lines if line[:1] == "#" and line[1:2] != " ")
    assert listed == {variable.name: variable.default for variable in VARIABLES}
    for variable in VARIABLES:
        assert f"# {variable.explanation}" in lines


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
        ("EMAIL_URL", "mail.example.com"),
        ("WEB_CONCURRENCY", "0"),
        ("DEBUG", "perhaps"),
        ("SECRET_KEY", "my secret"),
        ("DEFAULT_FROM_EMAIL", "Severn Office"),
        ("DJANGO_SUPERUSER_EMAIL", "owner@"),
        ("HOST", "192.0.2.1"),
        ("LOG_FORMAT", "xml"),
        ("DATA_DIR", "/proc/nowhere"),
        ("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/none"),
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
