"""Files that several processes read while one writes them anew."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> bool:
    """Puts a file in the place of the old one in one step, so that nobody reads half of it.

    Tells whether it did: a disk that is full leaves the old one, and is no fault of a visitor's.
    """
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        draft.touch(mode)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        return False
    return True
