#!/usr/bin/env python
"""Django's command line for this site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vasite.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"vasite: {error}")
    except PermissionError as error:  # a command was run as another user before, such as root
        sys.exit(
            f"vasite: {error.filename} can't be used ({error.strerror}). Give it, and all of "
            "DATA_DIR, to the site's user, and run this as that user."
        )


if __name__ == "__main__":
    main()
