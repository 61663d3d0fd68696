"""What the VA's domain says about who may send mail for it: SPF, DKIM and DMARC."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr

import dns.resolver
from django.conf import settings
from dns.exception import DNSException

SECONDS = 3.0  # for all of the questions, which are asked at once
# Names under which the usual providers keep their DKIM keys
SELECTORS = [
    *("google", "selector1", "selector2", "k1", "k2", "k3", "s1", "s2", "pm", "mx", "mailo"),
    *("mte1", "mte2", "brevo", "brevo1", "brevo2", "mail", "mailjet", "resend", "fm1", "fm2"),
    *("protonmail", "zoho", "zmail", "default", "dkim", "smtp", "email", "mandrill"),
]


def missing_records(selector: str = "") -> list[str]:
    """Gives what is missing, in words for the VA; nothing where it can't be found out."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = address.rpartition("@")[2]
    sending_domain = settings.BOUNCE_ADDRESS.rpartition("@")[2]  # whose SPF counts: RFC 7208, 2.4
    keys = [f"{name}._domainkey.{domain}" for name in ([selector] if selector else SELECTORS)]
    policies = [f"_dmarc.{parent}" for parent in parents(domain)]
    names = [sending_domain, *keys, *policies]
    with ThreadPoolExecutor(len(names)) as threads:
        found = dict(zip(names, threads.map(texts, names), strict=True))
    if None in found.values():
        return []

    def count(places: list[str], pattern: str) -> int:
        return sum(bool(re.match(pattern, text)) for name in places for text in found[name] or ())

    words = []
    senders = count([sending_domain], r"v=spf1(\s|$)")
    if senders == 0:
        words.append(
            f"{sending_domain} has no SPF record, which says whose servers may send for it. Ask "
            "your mail provider: “Which TXT record do I need for SPF?”"
        )
    elif senders > 1:
        words.append(
            f"{sending_domain} has {senders} SPF records, and with more than one none counts. Ask "
            "whoever looks after your domain to make them one."
        )
    if not count(keys, r"(.*;)?\s*p=\w"):
        where = f"as {selector}" if selector else "under the usual names"
        words.append(
            f"No DKIM key for {domain} was found {where}. Ask your mail provider: “Please sign my "
            "mail with DKIM. What is the selector?” and write it under Settings → Sending letters."
        )
    if not count(policies, r"v=DMARC1\s*;"):
        words.append(
            f"{domain} has no DMARC record, which Gmail and Yahoo ask of newsletters. Ask whoever "
            f"looks after your domain for a TXT record at _dmarc.{domain}: “v=DMARC1; p=none”."
        )
    return words


def parents(domain: str) -> list[str]:
    """Gives a domain and those above it, where its DMARC record may stand (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]


def texts(name: str) -> list[str] | None:
    """Gives the TXT records of a name, none where it has none; None where nobody can say."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]
