#!/usr/bin/env python3
"""Run a command of Porte-voix."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["up"]:
        from config.development import set_defaults  # noqa: PLC0415 -- must run before the settings are read

        set_defaults(sys.argv)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- reads the settings

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
