#!/usr/bin/env python3
"""Run a command of Porte-voix."""

import os
import sys

from django.core.management import execute_from_command_line

from config.development import set_defaults


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    set_defaults(sys.argv)  # before the settings are read
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
