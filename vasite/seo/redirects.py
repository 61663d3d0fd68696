"""Redirects: which address leads elsewhere, settled before any page is looked for."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote_to_bytes, urlencode, urljoin, urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import Error
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import escape_uri_path, iri_to_uri, repercent_broken_unicode
from django.utils.http import escape_leading_slashes
from wagtail.contrib.redirects.forms import RedirectForm
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from vasite.email_addresses import host_to_ascii
from vasite.pagecache.remembering import remembered

MAX_HOPS = 10
ESCAPED_DOT = re.compile("%2e", re.IGNORECASE)
# Where other programs keep their feeds, by the key of the path
FEEDS = {"/rss", "/rss.xml", "/atom", "/atom.xml", "/feed.xml", "/index.xml", "/blog/feed"}
# What advertisements and newsletters add to a link; deploy/nginx.conf and deploy/varnish.vcl leave
# it out, so that it makes no page of its own
CAMPAIGN = re.compile(r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id")
Parameters = Counter[tuple[str, str]]


class Rule(NamedTuple):
    """One redirect: the query parameters it asks for, and its row's key."""

    parameters: Parameters
    redirect_id: int
    is_automatic: bool


class Destination(NamedTuple):
    """Where a redirect leads: a path on this site or a whole URL, and whether it does for good."""

    url: str
    is_permanent: bool


def path_key(path: str) -> str:
    """Return a decoded path as redirects are compared by: NFC, without the slash at its end, and
    with its last parameters (`;a;b`, RFC 3986, 3.3) in one order, as Wagtail stores them."""
    folder, slash, name = unicodedata.normalize("NFC", path).rstrip("/").rpartition("/")
    name, *parameters = name.split(";")
    start = f"{folder}{slash}{name}".rstrip("/") or "/"
    return ";".join([start, *sorted(filter(None, parameters))])


def decoded(path: bytes) -> str:
    """Return a path as Django decodes it: what is no UTF-8, as in addresses of older sites, stays
    escaped."""
    return repercent_broken_unicode(path).decode()


def escaped_path_key(path: str) -> str:
    """Return the key of a path as a link has it."""
    return path_key(decoded(unquote_to_bytes(path)))


def parameters_of(query: str) -> Parameters:
    """Return a query string's parameters, in whatever order and however escaped they came."""
    pairs = parse_qsl(query, keep_blank_values=True)
    nfc = partial(unicodedata.normalize, "NFC")
    return Counter((nfc(name), nfc(value)) for name, value in pairs)


def find_destination(request: HttpRequest) -> Destination | None:
    """Return where a request is redirected to, or None.

    The owner's redirects win over a page at the same address; one that Wagtail made when a page
    was moved gives way to it. Several in a row count as one. Parameters that the redirect did not
    ask for are passed on. Redirects that lead back to themselves are ignored.
    """
    path, parameters = path_key(request.path), parameters_of(request.META.get("QUERY_STRING", ""))
    destination, seen = None, {(path, frozenset(parameters.items()))}
    for _ in range(MAX_HOPS):
        rule = best_rule(path, parameters, may_be_automatic=True)
        if rule and rule.is_automatic and has_page(request, path):
            rule = best_rule(path, parameters, may_be_automatic=False)
        redirect = (
            rule
            and Redirect.objects.select_related("redirect_page").filter(pk=rule.redirect_id).first()
        )
        if not rule or not redirect or not redirect.link:
            return None if is_led_back(request, path, {old for old, _ in seen}) else destination
        link = urlsplit(own_path(str(redirect.link)))
        rest = parameters - rule.parameters
        is_permanent = redirect.is_permanent and (not destination or destination.is_permanent)
        destination = Destination(with_parameters(link, rest), is_permanent)
        if link.netloc:
            return destination
        path, parameters = escaped_path_key(link.path), parameters_of(link.query) + rest
        here = (path, frozenset(parameters.items()))
        if here in seen:
            return None
        seen.add(here)
    return None


def is_led_back(request: HttpRequest, path: str, seen: set[str]) -> bool:
    """Tell whether AddressMiddleware leads from a path without a redirect to one of those that led
    there: from other programs' feeds to ours, from capitals without a page to small letters."""
    if path in FEEDS:
        return path_key(reverse("feed")) in seen
    small = path.lower()
    return small != path and small in seen and not has_page(request, path)


def is_redirected(path: str, query: str) -> bool:
    """Tell whether a redirect applies to a path as WSGI writes it (PEP 3333) and a query; asks the
    database only after a change of the redirects, and takes one that is gone for silent."""
    key = path_key(decoded(path.encode("latin-1", "replace")))
    try:
        return bool(best_rule(key, parameters_of(query), may_be_automatic=True))
    except Error:
        return False


def best_rule(path: str, parameters: Parameters, *, may_be_automatic: bool) -> Rule | None:
    """Return the rule for a path that asks for the most of the parameters, all of them there."""
    rules = remembered("redirects", read_rules).get(path, ())
    return max(
        (
            rule
            for rule in rules
            if rule.parameters <= parameters and (may_be_automatic or not rule.is_automatic)
        ),
        key=lambda rule: (rule.parameters.total(), not rule.is_automatic),
        default=None,
    )


def read_rules() -> dict[str, list[Rule]]:
    """Return all redirects by the path they lead away from."""
    rules: dict[str, list[Rule]] = {}
    columns = ("old_path", "pk", "automatically_created")
    for old_path, redirect_id, is_automatic in Redirect.objects.values_list(*columns):
        path, _, query = old_path.partition("?")
        rule = Rule(parameters_of(query), redirect_id, is_automatic)
        rules.setdefault(escaped_path_key(path), []).append(rule)
    return rules


def has_page(request: HttpRequest, path: str) -> bool:
    """Tell whether a live page answers at a path."""
    vars(request).pop("_wagtail_route_for_request", None)  # Wagtail keeps that of another path
    found = Page.find_for_request(request, path) is not None
    vars(request).pop("_wagtail_route_for_request", None)
    return found


def own_path(link: str) -> str:
    """Return a link to this site, in whatever spelling, without its scheme and host and as browsers
    read it (RFC 3986, 6.2.2: no dot segments, escaped or not); any other as it is."""
    spelt = ESCAPED_DOT.sub(".", link)
    parts = urlsplit(spelt)
    if parts.scheme or parts.netloc:
        if not is_own(parts):
            return link
        spelt = escape_leading_slashes(spelt.partition("//")[2].removeprefix(parts.netloc))
    whole = urljoin(f"{settings.SITE_URL}/", spelt)
    return escape_leading_slashes(whole.removeprefix(settings.SITE_URL) or "/")


def is_own(link: SplitResult) -> bool:
    """Tell whether a link leads to this site, with or without TLS, "www." and the name of a user:
    AddressMiddleware and browsers take them for the same."""
    host = normal_host(link.netloc.rpartition("@")[2], link.scheme)
    with suppress(ValidationError):
        host = host_to_ascii(host)
    return link.scheme in {"http", "https"} and is_of_site(host)


def is_of_site(host: str) -> bool:
    """Tell whether a host is SITE_URL's, with "www." added or left out."""
    return host.removeprefix("www.") == urlsplit(settings.SITE_URL).netloc.removeprefix("www.")


def normal_host(host: str, scheme: str) -> str:
    """Return a host as SITE_URL has it: in small letters, without a last dot or the scheme's own
    port (RFC 3986, 3.2.2 and 6.2.3)."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or not port.isdecimal():
        name, port = f"{name}{colon}{port}", ""
    is_own_port = port in {"", "443" if scheme == "https" else "80"}
    return name.removesuffix(".") + ("" if is_own_port else f":{port}")


def with_parameters(link: SplitResult, parameters: Parameters) -> str:
    """Return a link with parameters behind its own ones."""
    own = [link.query] if link.query else []
    query = "&".join([*own, *([urlencode(list(parameters.elements()))] if parameters else [])])
    return str(iri_to_uri(link._replace(query=query).geturl()))


def location(path: str, query: str = "") -> str:
    """Return a decoded path as a Location header may hold it: never another host's, and with its
    `?`, `#` and `%` escaped."""
    escaped = escape_leading_slashes(escape_uri_path(path))
    return f"{escaped}?{query}" if query else str(escaped)


class PathOrURLField(forms.CharField):
    """An address to lead to: a path on this site such as `/about/`, or a whole web address."""

    def clean(self, value: object) -> str:
        """Return the path or URL. Raises ValidationError for anything else."""
        text = str(super().clean(value)).strip()
        check_path_or_url(text)
        return text


def check_path_or_url(text: str) -> None:
    """Raise ValidationError unless a text is empty, a path on this site or a web address."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not text or (is_path and len(text.split()) == 1):
        return
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError:
        raise ValidationError(
            "Enter a path on this site, such as /about/, or a web address that begins with "
            "https://."
        ) from None


def check_old_path(text: str) -> None:
    """Raise ValidationError for an address that no redirect is looked up for: it would never do
    anything. Files may come from a proxy or a bucket, and the admin's doors stay open; a cache in
    front leaves out what CAMPAIGN names."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:  # "http://["
        raise ValidationError("That is no web address. Check how it is spelt.") from None
    kept = ("/admin/", settings.MEDIA_URL, settings.STATIC_URL)
    if f"/{parts.path.strip('/')}/".startswith(kept):
        raise ValidationError(
            f"An address that begins with {kept[0]}, {kept[1]} or {kept[2]} can’t be redirected."
        )
    for name, _ in parameters_of(parts.query):
        if CAMPAIGN.fullmatch(name):
            raise ValidationError(
                f"Leave out “{name}”: it only says where a visitor comes from, and a redirect "
                "can’t depend on it."
            )


def let_redirects_lead_to_paths() -> None:
    """Let Wagtail's form and its import take `/about/` as the target of a redirect, as typed in a
    list of old and new paths; read from Wagtail 7.4, which takes whole addresses only."""
    field = RedirectForm.base_fields["redirect_link"]
    RedirectForm.base_fields["redirect_link"] = PathOrURLField(
        label="Redirect to a path or web address",
        help_text="Such as /about/ or https://www.example.co.uk/shop/",
        required=False,
        max_length=field.max_length,
    )
    RedirectForm.base_fields["old_path"].validators.append(check_old_path)
    column = Redirect._meta.get_field("redirect_link")
    vars(column)["validators"] = [check_path_or_url]
