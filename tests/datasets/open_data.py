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
    """Yield the rows of an inventory of trees, always the same for a seed."""
    rng = random.Random(seed)
    for number in range(count):
        yield [
            str(number),
            f"{rng.randrange(1000, 95_999):05}",
            rng.choice(TOWNS),
            rng.choice(SPECIES),
            f"{rng.randrange(1850, 2024)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            f"{rng.randrange(20, 400) / 10}".replace(".", decimal),
            rng.choice(("true", "false")),
            f"{45 + rng.random():.6f}".replace(".", decimal),
            f"{5 + rng.random():.6f}".replace(".", decimal),
            f"2024-0{rng.randrange(1, 10)}-15T{rng.randrange(24):02}:30:00+02:00",
            rng.choice(REMARKS),
        ]


def write(path: Path, rows: Iterator[list[str]], *, encoding: str = "utf-8", delimiter: str = ";") -> None:
    """Write the inventory as a CSV file with CRLF, as Excel does."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(NAMES)
        writer.writerows(rows)
