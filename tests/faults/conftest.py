"""What the tests of faults may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.faults.postgresql import OwnPostgreSQL


@pytest.fixture
def own_postgresql() -> Iterator[OwnPostgreSQL]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        pytest.skip(programs.reason("PostgreSQL"))
    server = OwnPostgreSQL(found[-1])
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder)
