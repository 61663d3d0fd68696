"""A monitor reads how much waits, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import SmallSite
from vasite.mail.models import OutgoingMail
from vasite.serving.models import Worker

TOKEN = "A monitor's token, which is a long and random text."


@pytest.fixture
def figures(settings: Any, client: Client, site: SmallSite) -> Any:
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[tuple[str, ...], float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return read


def write(client: Client) -> None:
    fields = {"name": "Tom", "email": "tom@example.com", "message": "Are you free in May?"}
    assert client.post("/contact/", fields).status_code == 303


def test_it_tells_what_waits_and_for_how_long(figures: Any, client: Client) -> None:
    before = figures()
    assert before["vasite_oldest_mail_seconds",] == before["vasite_workers",] == 0
    mail.send_mail("Hello", "Text", None, ["tom@example.com"])
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=1))
    Worker.objects.create(worker_id="1", seen_at=timezone.now())
    write(client)
    after = figures()
    assert after["vasite_mails", "waiting"] == 3  # two of them for the message
    assert 3600 <= after["vasite_oldest_mail_seconds",] < 3700
    assert after["vasite_workers",] == 1
    assert after["vasite_enquiries", "new"] == 1
    assert after["vasite_tasks", "ready"] >= 1
    assert 0 < after["vasite_disk_free_bytes",] < after["vasite_disk_bytes",]


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "Basic " + TOKEN])
def test_who_has_no_token_finds_no_such_page(
    client: Client, site: SmallSite, settings: Any, header: str
) -> None:
    for settings.METRICS_TOKEN in ("", TOKEN):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_it_names_nobody(figures: Any, client: Client) -> None:
    write(client)
    figures()
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "tom" not in page.lower().replace("bottom", "")
