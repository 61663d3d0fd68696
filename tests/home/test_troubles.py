"""The owner hears of what stops the site, without a monitor: at once, daily, and when it ends."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.mail import send_mail
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from blog.tasks import relate_all_posts
from tests.conftest import SmallSite
from tests.newsletter.conftest import server  # noqa: F401 - a fixture
from tests.newsletter.list_server import ListServer, running
from tests.programs import needs
from tests.served import ServedSite, copy_of_standard_site, free_port, wait_until
from vasite.content.models import SiteImage
from vasite.content.tasks import make_renditions
from vasite.environment import PROJECT_DIR
from vasite.home.models import Trouble
from vasite.home.troubles import check_site, check_worker, follow
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due
from vasite.seo import tasks as seo
from vasite.serving.models import Worker
from vasite.serving.tasks import MAX_TRIES, resume_abandoned_tasks

OWNER = "owner@example.com"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def mail(server: ListServer) -> ListServer:  # noqa: F811
    return server


def subjects(mail: ListServer, address: str = OWNER) -> list[str]:
    messages = [
        message_from_bytes(raw, policy=policy.default) for to, raw in mail.received if to == address
    ]
    return [message["Subject"] for message in messages]


def later(since: datetime, *checks: Callable[[], object], **time: float) -> None:
    """Do something at a time after a moment."""
    with time_machine.travel(since + timedelta(**time), tick=False):
        for check in checks:
            check()


def look() -> None:
    check_site.call()


def test_owner_whose_worker_is_dead_is_told_once_a_day_and_when_it_is_back(
    mail: ListServer, va: Client, site: SmallSite
) -> None:
    start = timezone.now()
    worker = Worker.objects.create(worker_id="1", seen_at=start)
    later(start, check_worker, minutes=1)
    assert not Trouble.objects.exists()
    later(start, check_worker, minutes=4)
    assert subjects(mail) == []
    later(start, check_worker, check_worker, minutes=6)
    later(start, check_worker, minutes=7)
    assert subjects(mail) == ["Your website: The background worker has stopped"]
    text = mail.mail_to(OWNER).get_body(("plain",)).get_content()
    assert "It was last seen on" in text
    assert "no email goes out and nothing is published" in " ".join(text.split())
    assert mail.mail_to(OWNER)["Auto-Submitted"] == "auto-generated"
    assert "127.0.0.1>" in mail.mail_to(OWNER)["Message-ID"]  # the site's, not the machine's name
    assert not OutgoingMail.objects.exists(), "the outbox waits for the worker"
    assert "The background worker has stopped" in va.get("/admin/").text
    later(start, check_worker, hours=23)
    assert len(subjects(mail)) == 1
    later(start, check_worker, check_worker, hours=24, minutes=7)
    assert len(subjects(mail)) == 2
    back = start + timedelta(hours=25)
    worker.seen_at = back + 2 * HOUR
    worker.save()
    later(back, check_worker, minutes=1)
    assert "The background worker has stopped" not in va.get("/admin/").text
    later(back, check_worker, check_worker, minutes=62)
    assert subjects(mail)[2:] == ["Solved: The background worker has stopped"]
    assert not Trouble.objects.exists()


def test_owner_is_told_once_by_two_processes_that_look_at_the_same_moment(
    mail: ListServer, site: SmallSite
) -> None:
    start = timezone.now()
    facts = {"detail": "Silent", "since": start - HOUR, "well_since": start - MINUTE}
    Trouble.objects.create(kind="worker", **facts)
    first, second = Trouble.objects.get(), Trouble.objects.get()
    for seconds, trouble in enumerate([first, second]):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            follow(trouble, "Silent again")
    assert subjects(mail) == ["Your website: The background worker has stopped"]
    later(start, check_worker, minutes=30)
    assert len(subjects(mail)) == 1


def test_owner_whose_machine_had_its_clock_put_back_is_told_all_the_same(
    mail: ListServer, site: SmallSite
) -> None:
    now = timezone.now()
    Worker.objects.create(worker_id="1", seen_at=now + 400 * DAY)
    later(now, check_worker, days=400, minutes=5)
    later(now, check_worker, days=400, minutes=8)
    assert len(subjects(mail)) == 1
    fail.enqueue().db_result.claim("1")
    later(now, check_worker, minutes=1)
    assert len(subjects(mail)) == 2, "the worker is as dead as before"
    assert resume_abandoned_tasks() == 1
    Worker.objects.create(worker_id="2", seen_at=now + HOUR)
    for minutes in (2, 61, 63):
        later(now, check_worker, minutes=minutes)
    assert subjects(mail)[2:] == ["Solved: The background worker has stopped"]


def test_owner_whose_worker_hangs_in_a_task_is_told(mail: ListServer, site: SmallSite) -> None:
    start = timezone.now()
    Worker.objects.create(worker_id="1", seen_at=start + HOUR)  # another thread gives it
    fail.enqueue().db_result.claim("1")
    later(start, check_worker, minutes=29)
    assert not Trouble.objects.exists()
    for minutes in (31, 34):
        later(start, check_worker, minutes=minutes)
    assert subjects(mail) == ["Your website: The background worker has stopped"]


def test_owner_hears_nothing_of_a_worker_that_starts_a_little_late(
    mail: ListServer, site: SmallSite
) -> None:
    start = timezone.now()
    later(start, check_worker, minutes=1)
    assert Trouble.objects.get().detail == "It has not started yet."
    Worker.objects.create(worker_id="1", seen_at=start + DAY)
    for minutes in (2, 5, 63, 130):
        later(start, check_worker, minutes=minutes)
    assert subjects(mail) == []
    assert not Trouble.objects.exists()


def test_owner_gets_no_email_each_time_that_a_trouble_comes_and_goes(
    mail: ListServer, site: SmallSite, settings: Any
) -> None:
    low, well = {"bytes": 2**60, "share": 1.1}, settings.LOW_DISK
    start = timezone.now()
    for minutes in range(0, 600, 10):
        settings.LOW_DISK = well if minutes % 20 else low
        later(start, look, minutes=minutes)
    assert subjects(mail) == ["Your website: The disk is almost full"]
    settings.LOW_DISK = low
    later(start, look, hours=24, minutes=1)
    assert len(subjects(mail)) == 2, "and is reminded once a day"


def test_owner_is_told_how_little_of_the_disk_is_free(
    mail: ListServer, va: Client, site: SmallSite, settings: Any
) -> None:
    look()
    assert subjects(mail) == []
    settings.LOW_DISK = {"bytes": 2**60, "share": 1.1}
    look()
    assert subjects(mail) == ["Your website: The disk is almost full"]
    assert "GB are free." in va.get("/admin/").text.replace("\xa0", " ")


def test_owner_whose_mail_server_refuses_all_reads_it_on_the_dashboard(
    mail: ListServer, va: Client, site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mail.answers["RCPT"] = "451 zelda@example.org may not send now"
    send_mail("Hello", "Text", None, ["zelda@example.org"])
    start = timezone.now()
    for minutes in (0, 1.1, 6.2):
        later(start, look, deliver_due.call, minutes=minutes)
        assert not Trouble.objects.exists()
    later(start, look, minutes=7)
    page = va.get("/admin/").text
    assert "Emails can’t be delivered" in page
    assert "Emails waiting: 1." in page
    refused = "An email past the outbox was not taken"
    assert caplog.text.count(refused) == 1
    later(start, look, look, minutes=30)
    assert caplog.text.count(refused) == 1, "it isn't tried at each check"
    lines = [record.getMessage() for record in caplog.records if record.name[:6] == "vasite"]
    assert "zelda" not in "".join(lines)
    assert "zelda" not in str(Trouble.objects.values())
    mail.answers.clear()
    later(start, deliver_due.call, look, minutes=40)
    assert "Emails can’t be delivered" not in va.get("/admin/").text
    later(start, look, minutes=101)
    assert subjects(mail) == ["Solved: Emails can’t be delivered"]
    assert "zelda" not in mail.received[-1][1].decode()


def test_one_refused_address_is_no_trouble(mail: ListServer, site: SmallSite) -> None:
    for number in range(4):
        name = "nobody" if number == 3 else "reader"
        send_mail("Hello", "Text", None, [f"{name}{number}@example.com"])
    mail.answers["RCPT nobody3@example.com"] = "550 No such user"
    deliver_due.call()
    look()
    assert OutgoingMail.objects.filter(status="failed").count() == 1
    assert not Trouble.objects.exists()


def test_owner_without_a_mail_server_reads_of_troubles_on_the_dashboard(
    va: Client, site: SmallSite, settings: Any
) -> None:
    well, settings.LOW_DISK = settings.LOW_DISK, {"bytes": 2**60, "share": 1.1}
    start = timezone.now()
    later(start, look)
    assert "The disk is almost full" in va.get("/admin/").text
    settings.LOW_DISK = well
    later(start, look, minutes=1)
    assert "The disk is almost full" not in va.get("/admin/").text
    later(start, look, minutes=62)
    assert not Trouble.objects.exists()


@task()
def fail() -> None:
    raise ValueError("zelda@example.org")


@pytest.mark.parametrize(("seconds", "runs"), [(86_400, 1), (3600, 3)], ids=["nightly", "hourly"])
def test_operator_is_told_of_a_task_that_keeps_failing(
    mail: ListServer, site: SmallSite, settings: Any, work: Any, seconds: int, runs: int
) -> None:
    settings.OPERATOR_EMAIL = "operator@example.net"
    settings.PERIODIC_TASKS = {fail.module_path: seconds}
    for _ in range(runs):
        look()
        assert mail.received == []
        fail.enqueue()
        work()
    look()
    assert subjects(mail) == []
    assert subjects(mail, "operator@example.net") == ["Your website: Background tasks keep failing"]
    ((_, raw),) = mail.received
    assert b"test_troubles.fail" in raw
    assert b"zelda" not in raw


def test_a_task_that_nobody_runs_by_the_clock_is_no_trouble(site: SmallSite, work: Any) -> None:
    fail.enqueue()
    work()
    look()
    assert not Trouble.objects.exists()


def test_owner_is_told_at_once_of_a_task_that_kills_each_worker(
    mail: ListServer, va: Client, site: SmallSite
) -> None:
    fail.enqueue()
    for number in range(MAX_TRIES):
        look()
        assert mail.received == []
        DBTaskResult.objects.get(task_path=fail.module_path).claim(f"worker-{number}")
        resume_abandoned_tasks()
    look()
    assert subjects(mail) == ["Your website: Background tasks keep failing"]
    assert b"test_troubles.fail" in mail.received[0][1]
    assert "Background tasks keep failing" in va.get("/admin/").text


def test_owner_is_told_of_a_task_that_fails_each_time_whatever_began_it(
    mail: ListServer, site: SmallSite, work: Any
) -> None:
    for _ in range(3):
        look()
        assert mail.received == []
        fail.enqueue()
        work()
    look()
    assert subjects(mail) == ["Your website: Background tasks keep failing"]


@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("blog.tasks.relate_all_posts", "blog.tasks.relate"),
        ("vasite.seo.tasks.refresh_cards", "vasite.seo.tasks.refresh_card"),
        ("vasite.seo.tasks.review_pages", "vasite.seo.tasks.review_page"),
    ],
)
def test_owner_is_told_of_a_nightly_task_that_can_deal_with_no_row(
    mail: ListServer,
    va: Client,
    site: SmallSite,
    work: Any,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    act: str,
) -> None:
    def fail_on(row: Any) -> None:
        raise ValueError("zelda@example.org")

    task = import_string(path)
    with monkeypatch.context() as broken:
        broken.setattr(act, fail_on)
        task.enqueue()
        work()
        look()
    assert subjects(mail) == ["Your website: Background tasks keep failing"]
    assert path.encode() in mail.received[0][1]
    assert b"zelda" not in mail.received[0][1]
    now = timezone.now()
    with time_machine.travel(now + DAY, tick=False):
        task.enqueue()
        work()
        look()
        assert "Background tasks keep failing" not in va.get("/admin/").text


def test_owner_is_told_once_of_the_same_failing_task_and_again_of_another(
    mail: ListServer, site: SmallSite, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_on(row: Any) -> None:
        raise ValueError("odd")

    monkeypatch.setattr("vasite.seo.tasks.refresh_card", fail_on)
    start = timezone.now()
    for day in range(4):
        later(start, seo.refresh_cards.enqueue, work, look, days=day)
    assert len(subjects(mail)) == 1
    monkeypatch.setattr("blog.tasks.relate", fail_on)
    tasks = (seo.refresh_cards.enqueue, relate_all_posts.enqueue)
    for day in (5, 6, 7):
        later(start, *tasks, work, look, look, days=day)
    assert len(subjects(mail)) == 2
    assert b"relate_all_posts" in mail.received[1][1]


def test_one_faulty_row_of_a_nightly_task_is_shown_and_stops_no_other(
    mail: ListServer, va: Client, site: SmallSite, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = seo.refresh_card

    def fail_on_posts(page: Any) -> None:
        if page.slug == "on-trust":
            raise ValueError("odd")
        refresh(page)

    monkeypatch.setattr(seo, "refresh_card", fail_on_posts)
    seo.refresh_cards.enqueue()
    work()
    look()
    assert subjects(mail) == []
    assert "Social cards" in va.get("/admin/").text


def test_owner_reads_of_an_image_of_which_no_size_can_be_made(
    mail: ListServer, va: Client, site: SmallSite, image: SiteImage, work: Any
) -> None:
    work()
    assert "Sizes of an image" not in va.get("/admin/").text
    whole = Path(image.file.path).read_bytes()
    Path(image.file.path).write_bytes(whole[:100])
    image.renditions.all().delete()
    make_renditions.enqueue(image.pk)
    work()
    look()
    assert f"Sizes of an image, number {image.pk}: 1 tries" in va.get("/admin/").text
    assert subjects(mail) == []
    for _ in range(2):
        make_renditions.enqueue(image.pk)
        work()
    look()
    assert subjects(mail) == ["Your website: Background tasks keep failing"]
    Path(image.file.path).write_bytes(whole)
    make_renditions.enqueue(image.pk)
    work()
    assert "Sizes of an image" not in va.get("/admin/").text


# The certificate


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost, valid for 90 days from now, and its key."""
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "90", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture
def https(certificate: tuple[Path, Path], settings: Any, monkeypatch: Any) -> Iterator[None]:
    """A real server at the site's address, whose certificate is trusted here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.IS_HTTPS, settings.SITE_HOST = True, "localhost"
        settings.SITE_URL = f"https://localhost:{listener.getsockname()[1]}"

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(client, server_side=True).close()
                except OSError:
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


@needs("openssl")
def test_owner_is_told_of_a_certificate_that_nobody_renewed(
    mail: ListServer, va: Client, site: SmallSite, https: None
) -> None:
    today = timezone.now()
    later(today, look, days=75)
    assert not Trouble.objects.exists()
    later(today, look, days=77)  # OpenSSL's own clock stays
    assert subjects(mail) == ["Your website: The website’s certificate needs renewing"]
    assert f"{today + 90 * DAY:It expires on %-d %B %Y}" in Trouble.objects.get().detail


@needs("openssl")
def test_owner_is_told_of_a_certificate_that_browsers_refuse(
    mail: ListServer, site: SmallSite, https: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    look()
    assert subjects(mail) == ["Your website: The website’s certificate needs renewing"]
    assert "self-signed certificate" in Trouble.objects.get().detail


def test_owner_is_told_once_that_the_site_cannot_be_reached(
    mail: ListServer, site: SmallSite, settings: Any
) -> None:
    settings.IS_HTTPS, settings.SITE_HOST = True, "localhost"
    settings.SITE_URL = f"https://localhost:{free_port()}"
    start = timezone.now()
    for minutes in (0, 5, 10):  # a proxy that is restarted
        later(start, look, minutes=minutes)
    assert subjects(mail) == []
    for hours in (0.3, 25, 50):
        later(start, look, hours=hours)
    assert subjects(mail) == ["Your website: The website can’t reach itself at its address"]
    assert "Connection refused" in mail.received[0][1].decode()
    settings.IS_HTTPS = False
    for hours in (51, 53):
        later(start, look, hours=hours)
    assert subjects(mail)[1:] == ["Solved: The website can’t reach itself at its address"]


# By the real processes, several at once

OLD_TROUBLE = """
from datetime import timedelta
from django.utils import timezone
from vasite.home.models import Trouble
past = timezone.now() - timedelta(hours=2)
facts = {"since": past - timedelta(hours=1), "well_since": past, "email_due_at": past}
Trouble.objects.update_or_create(kind="worker", defaults=facts)
"""


def test_owner_gets_one_email_however_many_web_processes_look(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_troubles")
    path = os.pathsep.join([str(Path(__file__).parent / "short_watch"), str(PROJECT_DIR)])
    environment = {"OPERATOR_EMAIL": OWNER, "WEB_CONCURRENCY": "4", "PYTHONPATH": path}
    with (
        running(ListServer()) as mail,
        ServedSite(tmp_path, DATABASE_URL=address, EMAIL_URL=mail.url, **environment) as site,
    ):
        site.run_code(OLD_TROUBLE)
        wait_until(lambda: "Trouble is over: worker" in "".join(site.output))
        assert subjects(mail) == ["Solved: The background worker has stopped"]
        assert "can't be looked at" not in "".join(site.output)
