"""How much a message's words look like spam: logistic regression on hashed features.

The weights that come with the site are made by `python -m bench.spam.training`, from texts written
for it. What the VA decides is added on top, by passive-aggressive steps (Crammer et al., 2006).
"""

from __future__ import annotations

import math
from array import array
from functools import cache
from pathlib import Path

from vasite.forms.spam.features import BUCKETS, features

WEIGHTS_FILE = Path(__file__).with_name("weights.bin")
MARGIN = 3.0  # a lesson moves the score of its message at least so far from nought
DAMPING = 30  # features: a word or two prove little


@cache
def base_weights() -> tuple[float, float, memoryview]:
    """Gives the bias, the size of a step and BUCKETS steps of -127 to 127, as the file has them:
    two 4-byte floats, then a byte a bucket."""
    content = WEIGHTS_FILE.read_bytes()
    bias, size = array("f", content[:8])
    return bias, size, memoryview(content[8:]).cast("b")


def score(found: set[int], learnt: array[float] | None = None) -> float:
    """Gives the log-odds of spam for a message's features: above nought, more likely than not."""
    bias, size, steps = base_weights()
    total = size * sum(steps[bucket] for bucket in found)
    if learnt:
        total += sum(learnt[bucket] for bucket in found)
    return bias + total / math.sqrt(len(found) + DAMPING)


def score_text(text: str, name: str = "", learnt: array[float] | None = None) -> float:
    return score(features(text, name), learnt)


def nothing_learnt() -> array[float]:
    return array("f", bytes(4 * BUCKETS))


def learn(learnt: array[float], found: set[int], is_spam: bool) -> None:
    """Changes what was learnt so that a message with these features is judged as decided."""
    side = 1 if is_spam else -1
    missing = MARGIN - side * score(found, learnt)
    if missing > 0 and found:
        step = side * missing * math.sqrt(len(found) + DAMPING) / len(found)
        for bucket in found:
            learnt[bucket] += step
