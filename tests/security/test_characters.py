"""Control characters and lone surrogates, at each way into the site and out of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from wagtail.test.utils.form_data import nested_form_data, streamfield

from blog.models import BlogPostPage, Category
from contact.models import Enquiry
from newsletter.models import Campaign, Comment, Subscriber, UnreadReport
from tests.conftest import SmallSite, picture_bytes
from vasite.content.models import SiteImage

FORM = "application/x-www-form-urlencoded"
# Each control and noncharacter of XML 1.0 (2.2), between letters; the sixth is a line break of
# word processors
ODD = "a\x00b\x01c\x02d\x08e\x0bf\x0eg\x1bh\x7fi\x80j\x9fk\ufffel\uffffm"
CLEAN = "abcde fghijklm"
SURROGATES = "x \ud800y \udfffz \udead\ud83d."
WITHOUT = "x y z ."


def parsed(xml: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(xml)  # noqa: S314 - our own


def message(**changes: str) -> dict[str, str]:
    fields = {"name": "Hannah", "email": "hannah@example.com", "message": "Mail?"}
    return fields | changes


def test_a_visitor_who_pastes_control_characters_is_understood(
    client: Client, site: SmallSite
) -> None:
    fields = message(name=ODD, phone=f"01905\x00 {ODD}"[:40], message=f"{ODD}\nAnd more")
    assert client.post("/contact/", urlencode(fields), content_type=FORM).status_code == 303
    enquiry = Enquiry.objects.get()
    assert (enquiry.name, enquiry.message) == (CLEAN, f"{CLEAN}\nAnd more")
    fields = {"name": ODD, "email": "hannah@example.com", "comment": ODD}
    address = f"/comments/{site.post.pk}/"
    assert client.post(address, urlencode(fields), content_type=FORM).status_code == 303
    assert (Comment.objects.get().name, Comment.objects.get().comment) == (CLEAN, CLEAN)


def test_a_visitor_chooses_no_codec(client: Client, site: SmallSite) -> None:
    for charset in ("unicode_escape", "utf-7", "hex", "idna", "utf-16", "raw_unicode_escape"):
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in message(message=f"In {charset}: \\ud800 +2AA- \\u0000").items()
        )
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        answer = client.generic("POST", "/contact/", f"{body}--x--\r\n".encode(), kind)
        assert answer.status_code == 303
        assert Enquiry.objects.filter(message=f"In {charset}: \\ud800 +2AA- \\u0000").exists()


@pytest.mark.parametrize("codec", ["hex", "zlib", "rot13", "unicode_escape", "utf-16", "idna"])
def test_a_visitor_chooses_no_codec_for_the_query_either(
    client: Client, site: SmallSite, codec: str
) -> None:
    for method, kind in (("GET", "text/plain"), ("GET", FORM), ("POST", "text/plain")):
        answer = client.generic(method, "/search/?q=tr%75st", b"", f"{kind}; charset={codec}")
        assert answer.status_code == (200 if method == "GET" else 405)
    body = urlencode(message(message="Grüße"))
    answer = client.generic("POST", "/contact/", body.encode(), f"{FORM}; charset={codec}")
    assert answer.status_code == 303
    assert Enquiry.objects.get().message == "Grüße"


@pytest.mark.parametrize("path", ["/contact/", "/newsletter/subscribe/", "/admin/login/"])
@pytest.mark.parametrize("name", ["name*=x; name*0*=y", "name*=nowhere''y", "name*=utf-8''%ff"])
def test_a_part_of_a_form_whose_name_cannot_be_read_is_passed_over(
    client: Client, site: SmallSite, path: str, name: str
) -> None:
    body = f"--x\r\nContent-Disposition: form-data; {name}\r\n\r\nHello\r\n--x--\r\n"
    answer = client.generic("POST", path, body.encode(), "multipart/form-data; boundary=x")
    assert answer.status_code == (200 if path.startswith("/admin/") else 422)


@pytest.mark.parametrize("header", ["http://[", "http://[::1", "http://a\ud800/", "//\u2100"])
def test_an_odd_referer_or_origin_is_no_error(client: Client, site: SmallSite, header: str) -> None:
    sent = header.encode("utf-8", "replace").decode("latin-1")
    body = urlencode(message(message=header.encode("utf-8", "replace").decode()))
    answer = client.post("/contact/", body, content_type=FORM, HTTP_REFERER=sent)
    assert answer.status_code == 303
    answer = client.post("/contact/", body, content_type=FORM, HTTP_ORIGIN=sent)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/search/?q=trust%00", 200),
        ("/search/?q=%01%02&kind=%00", 200),
        ("/search/?q=%01%02&page=%00", 404),
        ("/search/?q=trust&page=99999999999999999999999", 404),
        ("/search/suggest/?q=tru%00", 200),
        ("/blog/on-trust/?comments=%00&answer=%00", 404),
        ("/blog/?page=1&x%00=1", 200),
    ],
)
def test_odd_query_strings_are_answered(
    client: Client, site: SmallSite, address: str, status: int
) -> None:
    assert client.get(address).status_code == status


@pytest.mark.parametrize(
    "address",
    [
        "/admin/pages/search/?q=trust%00",
        "/admin/images/?q=%00",
        "/admin/documents/?q=%00",
        "/admin/comments/?q=a%00b&status=%00",
        "/admin/enquiries/?q=%00&received_at_from=%00",
        "/admin/subscribers/?q=%00",
        "/admin/outbox/?q=%00",
        "/admin/posts/?q=%00",
        "/admin/reports/site-history/?label=%00",
        "/admin/redirects/?q=%00",
        "/admin/choose-page/search/?q=%00",
        "/admin/images/chooser/results/?q=%00",
    ],
)
def test_odd_searches_of_the_owner_are_answered(va: Client, site: SmallSite, address: str) -> None:
    assert va.get(address).status_code == 200


NUMBERS = ["99999999999999999999999999", "9223372036854775808", "2147483648", "4294967297"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_no_row_has_is_not_found(client: Client, va: Client, site: SmallSite, number):
    client.raise_request_exception = va.raise_request_exception = False
    stranger = Client(raise_request_exception=False)
    for path in (f"/sitemap-{number}.xml", f"/newsletter/go/{number}/"):
        assert stranger.get(path).status_code == 404, path
    assert stranger.post(f"/comments/{number}/").status_code == 404
    for path in (
        f"pages/{number}/edit/",
        f"pages/{number}/",
        f"pages/{number}/delete/",
        f"images/{number}/",
        f"images/chooser/chosen/{number}/",
        f"documents/edit/{number}/",
        f"comments/edit/{number}/",
        f"enquiries/edit/{number}/",
        f"campaigns/edit/{number}/",
        f"users/edit/{number}/",
    ):
        assert va.get(f"/admin/{path}").status_code == 404, path


@pytest.mark.parametrize("number", [*NUMBERS, "9" * 5000, "-1", "1e400", "\u0662", "NaN"])
def test_a_number_in_a_query_is_answered(va: Client, site: SmallSite, number: str) -> None:
    visitor, va.raise_request_exception = Client(raise_request_exception=False), False
    for path, name in (
        ("/blog/on-trust/", "comments"),
        ("/blog/on-trust/", "answer"),
        ("/blog/on-trust/?comments=2", "answer"),
        ("/blog/", "page"),
        ("/search/", "page"),
        ("/contact/", "service"),
    ):
        path, _, query = path.partition("?")
        fields = dict(parse_qsl(query)) | {name: number, "q": "trust"}
        assert visitor.get(path, fields).status_code < 500, (path, name)
    fields = {"name": "Ada", "email": "ada@example.com", "comment": "Yes", "parent": number}
    assert visitor.post(f"/comments/{site.post.pk}/", fields).status_code < 500
    fields = {"name": "Ada", "email": "ada@example.com", "message": "Yes", "service": number}
    assert visitor.post("/contact/", fields).status_code < 500
    for path, name in (
        ("images/", "collection_id"),
        ("images/", "p"),
        ("documents/", "collection_id"),
        ("comments/", "verdict"),
        ("enquiries/", "service"),
        ("posts/", "owner"),
        ("posts/", "p"),
        ("pages/search/", "p"),
        ("choose-page/", "p"),
        ("reports/site-history/", "user"),
        ("reports/aging-pages/", "content_type"),
    ):
        assert va.get(f"/admin/{path}", {name: number}).status_code < 500, (path, name)


def escaped(text: str) -> str:
    """Draft.js' raw content state as a browser sends it: JSON with escapes."""
    block = {"key": "abcde", "text": text, "type": "unstyled", "depth": 0}
    block |= {"inlineStyleRanges": [], "entityRanges": []}
    return json.dumps({"blocks": [block], "entityMap": {}})


def post_fields(text: str) -> dict[str, Any]:
    body = [
        ("text", escaped(f"Body {text}")),
        ("heading", {"text": f"Heading {text}", "level": "2"}),
        ("quote", {"text": f"Quote {text}", "name": text, "role": text}),
        ("faq", {}),
    ]
    fields = {"title": f"Title {text}", "slug": "odd", "introduction": f"Introduction {text}"}
    fields |= {"categories": [], "tags": f'"tag {text}"', "search_description": text}
    return fields | nested_form_data({"body": streamfield(body)})


def faq_fields(question: str, answer: str) -> dict[str, str]:
    """The list of one question, as the admin's form names it."""
    prefix = "body-3-value-questions"
    return {
        f"{prefix}-count": "1",
        f"{prefix}-0-deleted": "",
        f"{prefix}-0-order": "0",
        f"{prefix}-0-type": "",
        f"{prefix}-0-id": "",
        f"{prefix}-0-value-question": f"Question {question}",
        f"{prefix}-0-value-answer": escaped(f"Answer {answer}"),
    }


@pytest.mark.parametrize(
    "changes",
    [
        *({"body-count": count} for count in ("NaN", "", "9" * 30, "-1", "5", None)),
        *({"body-0-order": order} for order in ("NaN", "", None)),
        *({"body-0-type": kind} for kind in ("removed_in_an_upgrade", "", None)),
        {"body-0-deleted": None},
        {"body-3-value-questions-count": "many"},
        {"body-3-value-questions-0-order": None},
    ],
    ids=str,
)
def test_editor_whose_blocks_arrive_damaged_is_told_and_no_part_of_them_is_stored(
    va: Client, site: SmallSite, changes: dict[str, str | None]
) -> None:
    fields = post_fields("x") | faq_fields("x", "x") | changes
    fields = {name: value for name, value in fields.items() if value is not None}
    answer = va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", fields)
    assert answer.status_code == 400
    assert not BlogPostPage.objects.filter(slug="odd").exists()


@pytest.mark.parametrize("text", [ODD, SURROGATES], ids=["controls", "surrogates"])
def test_a_post_with_odd_characters_is_published_and_read_everywhere(
    va: Client, client: Client, site: SmallSite, work: Callable[[], None], text: str
) -> None:
    clean = CLEAN if text == ODD else WITHOUT
    sent = text.encode("utf-8", "ignore").decode()  # no browser sends a lone surrogate unescaped
    fields = post_fields(sent) | faq_fields(sent, text)
    fields["body-0-value"] = escaped(f"Body {text}")
    fields["action-publish"] = "action-publish"
    answer = va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", fields)
    assert answer.status_code == 302
    work()
    post = BlogPostPage.objects.get(slug="odd")
    assert f"Body {clean}" in post.text
    assert f"Answer {clean}" in post.text
    page = client.get("/blog/odd/")
    assert page.status_code == 200
    assert client.get("/search/?q=body+title").status_code == 200
    for address in ("/feed/", "/sitemap.xml"):
        parsed(client.get(address).content)
    assert f"Body {clean}" in client.get("/feed/").text
    for json_ld in page.text.split('<script type="application/ld+json">')[1:]:
        json.loads(json_ld.partition("</script>")[0])


def test_the_owners_other_forms_take_odd_characters(
    va: Client, client: Client, site: SmallSite
) -> None:
    file = SimpleUploadedFile("a.jpg", picture_bytes(), content_type="image/jpeg")
    fields = {"title": ODD, "description": f"A desk {ODD}", "collection": "1", "file": file}
    assert va.post("/admin/images/add/", fields).status_code == 302
    image = SiteImage.objects.get()
    assert (image.title, image.description) == (CLEAN, f"A desk {CLEAN}")
    category = {"name": f"Topic {ODD}", "slug": "topic", "introduction": ODD}
    assert va.post("/admin/categories/add/", category).status_code == 302
    assert Category.objects.get().name == f"Topic {CLEAN}"
    site.post.categories.add(Category.objects.get())
    site.post.save()
    parsed(client.get("/feed/topic/").content)


def test_an_imported_list_is_cleaned(va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    content = b"email,name\na@example.com,A\x01d\x1ba\nb@example.com,B\x02ob\n"
    answer = va.post("/admin/subscribers/import/", {"file": SimpleUploadedFile("l.csv", content)})
    va.post(answer["Location"], {"consented": "on", "source": "Mailchimp \x01"})
    work()
    assert dict(Subscriber.objects.values_list("email", "name")) == {
        "a@example.com": "Ada",
        "b@example.com": "Bob",
    }


def test_what_comes_by_any_other_way_is_cleaned_as_well(site: SmallSite) -> None:
    report = UnreadReport.objects.create(provider="x", text=f"{ODD}{SURROGATES}", fault="\ud800")
    report.refresh_from_db()
    assert (report.text, report.fault) == (f"{CLEAN}{WITHOUT}", "")
    site.post.body = [("text", f"<p>{SURROGATES}</p>"), ("heading", {"text": ODD, "level": "2"})]
    site.post.save()
    post = BlogPostPage.objects.get()
    assert post.body[0].value.source == f"<p>{WITHOUT}</p>"
    assert post.body[1].value["text"] == CLEAN
    enquiry = Enquiry.objects.create(
        **message(name="\ud800Ada"),
        received_on=timezone.now().date(),
        asked=[{"label": "a\x00", "value": ["\udfff1"]}],
    )
    enquiry.refresh_from_db()
    assert (enquiry.name, enquiry.asked) == ("Ada", [{"label": "a", "value": ["1"]}])


FEEDS = ["/feed/", "/newsletter/feed/"]


@pytest.mark.parametrize("text", [ODD, SURROGATES, "]]>&<!--", "<script>&amp;", "\u2028\u202e😀"])
def test_feeds_parse_whatever_they_hold(client: Client, site: SmallSite, text: str) -> None:
    site.post.title, site.post.introduction = f"Post {text}", text
    site.post.body = [("text", "<p>Text</p>"), ("quote", {"text": f"Q {text}", "name": text})]
    site.post.save()
    Campaign.objects.create(
        subject=f"Letter {text}",
        preheader=text,
        status=Campaign.Status.SENT,
        started_at=timezone.now(),
        body=[("heading", {"text": f"Heading {text}", "level": "2"})],
    )
    for address in FEEDS:
        feed = parsed(client.get(address).content)
        entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert entries
        for entry in entries:
            for name in ("id", "title", "updated"):
                assert len(entry.findall(f"{{http://www.w3.org/2005/Atom}}{name}")) == 1


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1+1", "\x01=1+1"]
EXPORTS = ["enquiries", "comments", "subscribers"]


def exported(va: Client, path: str) -> list[list[Any]]:
    """Every cell of a list's two files."""
    text = va.get(f"{path}export=csv").getvalue().decode()
    sheet = openpyxl.load_workbook(io.BytesIO(va.get(f"{path}export=xlsx").getvalue())).active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert len(rows) == len(list(csv.reader(io.StringIO(text))))
    return [*csv.reader(io.StringIO(text)), *rows]


@pytest.mark.parametrize("text", [*FORMULAS, ODD, SURROGATES, "<b>\u202e;,\"'\n=1"])
def test_no_content_breaks_an_export_or_becomes_a_formula(
    va: Client, site: SmallSite, text: str
) -> None:
    fields = message(name=f"{text} name", message=f"{text} message")
    now = timezone.now()
    Enquiry.objects.bulk_create([Enquiry(**storable(fields), received_on=now.date())])
    comment = storable({"name": text, "email": "a@example.com", "comment": f"{text} comment"})
    Comment.objects.bulk_create([Comment(page=site.post, received_on=now.date(), **comment)])
    subscriber = storable({"name": text, "email": "a@example.com", "email_key": "a@example.com"})
    Subscriber.objects.bulk_create([Subscriber(**subscriber)])
    BlogPostPage.objects.update(title=storable({"title": text})["title"])
    va.post(f"/admin/pages/{site.post.pk}/unpublish/")
    paths = [f"/admin/{name}/?" for name in EXPORTS]
    paths += ["/admin/posts/?", "/admin/reports/site-history/?", "/admin/reports/aging-pages/?"]
    paths += ["/admin/comments/?status=waiting&", "/admin/enquiries/?state=new&"]
    for path in paths:
        rows = exported(va, path)
        assert len(rows) > 2, path
        for cell in (cell for row in rows for cell in row if isinstance(cell, str)):
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝")), path


def storable(fields: dict[str, str]) -> dict[str, str]:
    """What a database may hold from before: all but NUL and what is no UTF-8."""
    return {
        key: value.replace("\x00", "").encode("utf-8", "ignore").decode()
        for key, value in fields.items()
    }


def test_a_list_without_columns_to_export_shows_itself(va: Client, site: SmallSite) -> None:
    for path in (
        "/admin/categories/?export=csv",
        "/admin/outbox/?export=xlsx",
        "/admin/images/?export=csv",
    ):
        assert "<h1" in va.get(path).text
