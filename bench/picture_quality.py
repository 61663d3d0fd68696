"""The quality of picture formats: likeness to the original (SSIM) against bytes.

Seven photographs and three scans in the public domain, which scikit-image brings, and two of the
demo's drawings. docs/decisions/0007-pictures.md says what was chosen.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity

DRAWINGS = Path(__file__).parent.parent / "vasite" / "home" / "demo" / "pictures"
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "grass", "brick")
SCANS = ("page", "text", "immunohistochemistry")
QUALITIES = {
    "AVIF": (45, 50, 55, 60, 65, 70, 80),
    "WEBP": (60, 65, 70, 75, 80, 85, 90),
    "JPEG": (60, 65, 70, 75, 80, 85, 90),
}


def pictures() -> list[Image.Image]:
    """Gives a dozen pictures of different kinds, at most 960 pixels wide."""
    arrays = [getattr(data, name)() for name in (*PHOTOGRAPHS, *SCANS)]
    found = [Image.fromarray(array).convert("RGB") for array in arrays]
    found += [Image.open(DRAWINGS / f"{name}.jpg").convert("RGB") for name in ("desk", "hills")]
    for picture in found:
        picture.thumbnail((960, 960))
    return found


def weigh(picture: Image.Image, format_: str, quality: int) -> tuple[int, float]:
    """Gives the bytes of a picture and its likeness to the original, 1 being the same."""
    output = BytesIO()
    picture.save(output, format_, quality=quality, **OPTIONS.get(format_, {}))
    with Image.open(output) as opened:
        after = np.asarray(opened.convert("RGB"))
    before = np.asarray(picture)
    return output.tell(), structural_similarity(before, after, channel_axis=2)


OPTIONS = {"JPEG": {"optimize": True, "progressive": True}}


def measure() -> str:
    originals = pictures()
    lines = [
        "| format | quality | bytes a picture | SSIM, mean | SSIM, worst |",
        "|---|--:|--:|--:|--:|",
    ]
    for format_, qualities in QUALITIES.items():
        for quality in qualities:
            weights = [weigh(picture, format_, quality) for picture in originals]
            size = mean(size for size, _ in weights)
            likenesses = [likeness for _, likeness in weights]
            figures = f"{size:,.0f} | {mean(likenesses):.3f} | {min(likenesses):.3f} |"
            lines.append(f"| {format_} | {quality} | {figures}")
    return "\n".join(lines)
