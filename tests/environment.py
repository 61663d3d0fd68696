"""Loaded before Django's settings (pyproject.toml, addopts): a DATA_DIR of the tests' own."""

import atexit
import os
import shutil
import tempfile

import pytest

for name in ("SITE_URL", "EMAIL_URL", "SECRET_KEY", "PORT", "HOST", "DEBUG", "ALLOWED_HOSTS"):
    os.environ[name] = ""  # a developer's .env must not change what the tests see
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="vasite-tests-")
os.environ["PORT"] = "8000"
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
