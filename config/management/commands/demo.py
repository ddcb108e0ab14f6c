"""Create demo content: people, real open data, charts, a catalogue, a webhook to the built-in inbox."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import content


class Command(BaseCommand):
    """Create what is missing of the demo content."""

    help = "Make demo content; what exists is left as it is. Every demo account has the password “demo”."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option that allows it in production."""
        parser.add_argument("--force", action="store_true", help="even with DEBUG off")

    def handle(self, *, force: bool, **_options: Any) -> None:
        """Create the content, and print how to sign in."""
        if not (settings.DEBUG or force):
            raise CommandError("The demo's passwords are known to everybody: with DEBUG off it needs --force.")
        ville, by = content.make_people()
        self.stdout.write(f"Demo: sign in as alice@ville.example (or carl@, ursula@), password {content.PASSWORD}")
        self.stdout.flush()
        content.make_data(ville, by)
