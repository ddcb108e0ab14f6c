"""The task: one delivery."""

import base64
import hashlib
import hmac
import time
from typing import Any

import requests
from celery import shared_task
from django.utils import timezone

from bench.peers.plain_task.models import Attempt, Endpoint

TIMEOUT_S = 15
RETRIES = 9

THREADS = 64

session = requests.Session()
session.trust_env = False
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=THREADS))


@shared_task(bind=True, max_retries=RETRIES, acks_late=True)
def deliver(self: Any, endpoint_id: int, event_id: str, body: str) -> None:
    """Sign and send one event to one endpoint, keep the attempt, try again later when it failed."""
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    started_at = timezone.now()
    stamp = str(int(time.time()))
    mac = hmac.new(endpoint.secret.encode(), f"{event_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    status, text = None, ""
    try:
        response = session.post(endpoint.url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
        status, text = response.status_code, response.text[:16384]
    except requests.RequestException as problem:
        text = str(problem)
    Attempt.objects.create(event_id=event_id, endpoint=endpoint, started_at=started_at, status_code=status, body=text)
    if status is None or not 200 <= status < 300:
        raise self.retry(countdown=5 * 2**self.request.retries)
