"""Files like those that French towns publish: accents, semicolons, decimal commas, post codes, and their encodings."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

TOWNS = ("Échirolles", "Saint-Étienne", "Béziers", "Nîmes", "L'Haÿ-les-Roses", "Orléans", "Besançon")
SPECIES = ("Érable sycomore", "Chêne pédonculé", "Tilleul à petites feuilles", "Platane", "Cèdre de l'Atlas")
REMARKS = ("", "Élagué ; à surveiller", 'Panneau "défense d\'entrer"', "Vu le\nmatin", "planté pour l'école")
NAMES = [
    "Identifiant", "Code INSEE", "Commune", "Essence", "Date de plantation", "Hauteur (m)", "Remarquable",
    "Latitude", "Longitude", "Relevé à", "Observations",
]  # fmt: skip
KEYS = [
    "identifiant", "code_insee", "commune", "essence", "date_de_plantation", "hauteur_m", "remarquable",
    "latitude", "longitude", "releve_a", "observations",
]  # fmt: skip


def trees(count: int, *, seed: int = 1, decimal: str = ",") -> Iterator[list[str]]:
    """Give rows of an inventory of trees, always the same for a seed."""
    dice = random.Random(seed)
    for number in range(count):
        yield [
            str(number),
            f"{dice.randrange(1000, 95_999):05}",
            dice.choice(TOWNS),
            dice.choice(SPECIES),
            f"{dice.randrange(1850, 2024)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}",
            f"{dice.randrange(20, 400) / 10}".replace(".", decimal),
            dice.choice(("true", "false")),
            f"{45 + dice.random():.6f}".replace(".", decimal),
            f"{5 + dice.random():.6f}".replace(".", decimal),
            f"2024-0{dice.randrange(1, 10)}-15T{dice.randrange(24):02}:30:00+02:00",
            dice.choice(REMARKS),
        ]


def write(path: Path, rows: Iterator[list[str]], *, encoding: str = "utf-8", delimiter: str = ";") -> None:
    """Write the inventory as a CSV file with CRLF, as Excel does."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(NAMES)
        writer.writerows(rows)
