"""On PYTHONPATH of a site whose memory is measured: hides what `make run` doesn't install.

The bench and the tests bring packages that others load when they find them: Django jinja2, anymail
boto3 (25 MB over all processes).
"""

import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

LIST = Path(__file__).parents[2] / "requirements" / "base.txt"
INSTALLED = set(re.findall(r"^([\w.-]+)==", LIST.read_text(), re.M))
HIDDEN = {
    module
    for module, packages in packages_distributions().items()
    if not INSTALLED.intersection(re.sub(r"[-_.]+", "-", name).lower() for name in packages)
}


class Hiding(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in HIDDEN:
            raise ModuleNotFoundError(f"{name} is hidden: see {__file__}", name=name)
        return None


sys.meta_path.insert(0, Hiding())
