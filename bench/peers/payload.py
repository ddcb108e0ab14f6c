"""What the peers send: about the size of what Porte-voix sends, 600 bytes."""

import json
from typing import Any

DATA: dict[str, Any] = {
    "resource": {
        "type": "dataset",
        "id": "benchmark",
        "title": "Arbres de la ville",
        "page": "https://portail.example/dataset/benchmark",
        "href": "https://portail.example/api/v1/datasets/benchmark",
    },
    "account": {"type": "organization", "id": "ville", "name": "Ville"},
    "detail": "",
    "dataset": {
        "id": "benchmark",
        "status": "finalized",
        "rows": 48213,
        "bytes": 5_120_334,
        "columns": ["nom", "hauteur"],
    },
}


def body(event_id: str) -> str:
    """Return the body of a request that tells of an event."""
    return json.dumps(
        {"type": "dataset.finalized", "timestamp": "2026-01-01T00:00:00Z", "event": event_id, "data": DATA}
    )
