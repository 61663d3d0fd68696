"""Loaded before Django's settings (pyproject.toml, addopts): a DATA_DIR of the tests' own."""

import atexit
import os
import shutil
import tempfile

for name in ("SITE_URL", "EMAIL_URL", "SECRET_KEY", "PORT", "HOST", "DEBUG", "ALLOWED_HOSTS"):
    os.environ[name] = ""  # a developer's .env must not change what the tests see
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="vasite-tests-")
os.environ["PORT"] = "8000"
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
