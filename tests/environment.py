"""Loaded before Django's settings (pyproject.toml, addopts): a DATA_DIR of the tests' own."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

for name in ("SITE_URL", "EMAIL_URL", "SECRET_KEY", "PORT", "HOST", "DEBUG", "ALLOWED_HOSTS"):
    os.environ[name] = ""  # a developer's .env must not change what the tests see
if "VASITE_TESTS_SHARED" not in os.environ:  # of all test processes, made by the first
    os.environ["VASITE_TESTS_SHARED"] = tempfile.mkdtemp(prefix="vasite-shared-")
    atexit.register(shutil.rmtree, os.environ["VASITE_TESTS_SHARED"], ignore_errors=True)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="vasite-tests-")
os.environ["PORT"] = "8000"
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
settings.register_profile("vasite", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("vasite")
