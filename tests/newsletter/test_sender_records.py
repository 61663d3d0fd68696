"""Before the first letter she learns what her domain lacks, from a real name server."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from django.test import Client

from newsletter.models import Campaign, SendingSettings
from tests.newsletter.list_server import ListServer

SPF = {"example.co.uk": ["v=spf1 include:spf.provider.example -all"]}
DKIM = {"s1._domainkey.example.co.uk": ["v=DKIM1; k=rsa; p=MIGfMA0"]}
DMARC = {"_dmarc.example.co.uk": ["v=DMARC1; p=none"]}


class NameServer(socketserver.ThreadingUDPServer):
    """Answers with its `records`; to every other name, that it doesn't exist."""

    daemon_threads = True
    records: dict[str, list[str]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.records = {}
        self.is_silent = False


class Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, connection = self.request
        if self.server.is_silent:
            return
        query = dns.message.from_wire(data)
        name = query.question[0].name
        reply = dns.message.make_response(query)
        found = self.server.records.get(name.to_text(omit_final_dot=True))
        if found:
            quoted = [f'"{text}"' for text in found]
            reply.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", quoted))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        connection.sendto(reply.to_wire(), self.client_address)


@pytest.fixture
def name_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    settings.IS_LOCAL = False
    settings.DEFAULT_FROM_EMAIL = "Ann <ann@example.co.uk>"
    settings.BOUNCE_ADDRESS = "ann@example.co.uk"
    with NameServer() as server:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def page(va: Client, server: ListServer, name_server: NameServer) -> Any:
    campaign = Campaign.objects.create(subject="Spring")
    return lambda: va.get(campaign.admin_url).text


@pytest.mark.parametrize(
    ("records", "missing"),
    [
        ({}, {"SPF", "DKIM", "DMARC"}),
        (SPF | DKIM | DMARC, set()),
        (SPF | DMARC, {"DKIM"}),
        (SPF | DKIM, {"DMARC"}),
        (DKIM | DMARC | {"example.co.uk": ["google-site-verification=x"]}, {"SPF"}),
        (DKIM | DMARC | {"example.co.uk": ["v=spf1 -all", "v=spf1 mx -all"]}, {"2 SPF"}),
        (SPF | DMARC | {"s1._domainkey.example.co.uk": ["v=DKIM1; p="]}, {"DKIM"}),  # withdrawn
    ],
)
def test_what_the_domain_lacks(
    page: Any, name_server: NameServer, records: dict[str, list[str]], missing: set[str]
) -> None:
    name_server.records = records
    words = page()
    for name in missing:
        assert f"{name} record" in words or f"No {name} key" in words
    for name in {"SPF", "DKIM", "DMARC"} - missing - {"SPF" for one in missing if "SPF" in one}:
        assert name not in words.split("<h2>Checked</h2>")[1]


def test_a_selector_of_her_own(page: Any, name_server: NameServer, va: Client) -> None:
    name_server.records = SPF | DMARC | {"mine._domainkey.example.co.uk": ["p=MIGf"]}
    assert "under the usual names" in page()
    sending = SendingSettings.load()
    sending.dkim_selector = "mine"
    sending.save()
    assert "DKIM" not in page()


def test_a_policy_above_the_domain_counts(
    page: Any, name_server: NameServer, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "ann@letters.example.co.uk"
    name_server.records = SPF | DMARC
    assert "DMARC" not in page()


def test_nothing_is_said_where_nobody_can_be_asked(
    page: Any, name_server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_server.is_silent = True
    monkeypatch.setattr("newsletter.sender_records.SECONDS", 0.2)
    assert "SPF" not in page()
