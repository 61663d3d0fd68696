"""Makes the weights that come with the site: `python -m bench.spam.training`.

Logistic regression on the messages of train_*.txt and the demo's own prose, weighed so that a
person's message put with spam costs more than spam let through; then rounded to a byte each.
"""

from __future__ import annotations

import math
import re
from array import array
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bench.spam.messages import messages
from vasite.forms.spam.classifier import DAMPING, WEIGHTS_FILE
from vasite.forms.spam.features import BUCKETS, features

DEMO = Path(__file__).parent.parent.parent / "vasite" / "home" / "demo" / "posts"
EACH = 3000
BIAS = -1.0  # a message of which nothing is known is a person's
HAM_WEIGHT, RIDGE = 2.0, 0.1


def prose() -> list[str]:
    """Gives the sentences of the demo's posts, for the language as it is."""
    text = "\n".join(path.read_text() for path in sorted(DEMO.iterdir()))
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if 15 < len(part) < 300]


def matrix(texts: list[str]) -> csr_matrix:
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        found = features(text)
        rows += [row] * len(found)
        columns += found
        values += [1 / math.sqrt(len(found) + DAMPING)] * len(found)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))


def train(ham: list[str], spam: list[str]) -> np.ndarray:
    """Gives BUCKETS weights."""
    known = matrix(ham + spam)
    side = np.array([-1.0] * len(ham) + [1.0] * len(spam))
    weight = np.where(side > 0, 1.0, HAM_WEIGHT)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = side * (known @ weights + BIAS)
        slope = -weight * side / (1 + np.exp(margin))
        cost = np.sum(weight * np.logaddexp(0, -margin)) + RIDGE / 2 * weights @ weights
        return float(cost), known.T @ slope + RIDGE * weights

    return minimize(loss, np.zeros(BUCKETS), jac=True, method="L-BFGS-B").x


def main() -> None:
    weights = train(messages("train", "ham", EACH) + prose(), messages("train", "spam", EACH))
    size = float(np.abs(weights).max()) / 127
    steps = np.round(weights / size).astype(np.int8)
    WEIGHTS_FILE.write_bytes(array("f", [BIAS, size]).tobytes() + steps.tobytes())
    print(f"{WEIGHTS_FILE}: {np.count_nonzero(steps):,} of {BUCKETS:,} buckets say something")


if __name__ == "__main__":
    main()
