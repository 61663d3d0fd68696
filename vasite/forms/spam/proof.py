"""Proof of work by ALTCHA's protocol, version 2: a browser pays with a moment of its time.

The page asks for a challenge only when its form is sent, so pages stay the same for everyone.
"""

from __future__ import annotations

import secrets
import time
from typing import Literal

from altcha import Challenge, Payload, create_challenge, verify_solution
from django.conf import settings
from django.utils.crypto import salted_hmac

ALGORITHM = "PBKDF2/SHA-256"
# A browser tries 256 times on average, a tenth of a second on a desk and one on an old phone, and
# never much more often: where any key with a certain beginning will do, one in a hundred people
# waits five times as long. The server derives one key, in under a millisecond.
MIN_TRIES, MAX_TRIES = 128, 384
ITERATIONS = 1000
VALID_FOR = 600  # seconds
LONGEST = 4000  # letters of an answer

Proof = Literal["solved", "absent", "wrong"]


def secret() -> bytes:
    return salted_hmac("vasite.forms.proof", settings.SECRET_KEY, algorithm="sha256").digest()


def new_challenge() -> Challenge:
    """Return a signed challenge: which of MAX_TRIES numbers gives a certain key?"""
    return create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=MIN_TRIES + secrets.randbelow(MAX_TRIES - MIN_TRIES),
        expires_at=int(time.time()) + VALID_FOR,
        hmac_secret=secret(),
    )


def check_proof(payload: str) -> tuple[Proof, str]:
    """Gives what a form's field `altcha` (base64 of JSON) proves, and the challenge's signature,
    which nobody may use twice."""
    if not payload:
        return "absent", ""
    # The signature is checked before any key is derived, so a stranger can't ask for costly ones.
    if len(payload) > LONGEST or not verify_solution(payload, secret()).verified:
        return "wrong", ""
    return "solved", str(Payload.from_base64(payload).challenge.signature)
