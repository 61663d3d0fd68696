"""Every address of the admin is open to those who may use it and to nobody else.

`admin_access.txt` declares, for each address, how it answers to each of ROLES: a status, "login"
(sent to the sign-in) or "no" (sent back to the admin's front page). An address that is missing
there fails the test; `python -m pytest tests/security/test_admin_access.py --declare-admin-access`
writes the file anew, to be read before it is committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.base import ContentFile, File
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from wagtail import hooks
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.models import Collection, GroupPagePermission, Page, Site, Task, Workflow
from wagtail.models.media import UploadedFile

from blog.models import Category, Series
from contact.models import Enquiry, EnquiryFile, SavedReply
from newsletter.models import (
    AuthorRule,
    Campaign,
    Comment,
    CommentSettings,
    Subscriber,
    SubscriberImport,
    UnreadReport,
)
from services.models import Testimonial
from tests.conftest import SmallSite
from tests.security.admin_forms import submissions
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.mail.models import OutgoingMail
from vasite.seo.models import MissingAddress, PageReview

DECLARED = Path(__file__).with_name("admin_access.txt")
ROLES = ("owner", "editor", "guest", "member", "nobody")
REFUSED = {"login", "no", "403"}
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
# What only those may read who have a right on enquiries, subscribers, comments, mails, campaigns
SECRETS = ("Quuxington", "zelda.quux", "Quuxmail", "Quuxletter", "Quuxreply", "Quuxreport")


@pytest.fixture
def clients(site: SmallSite) -> dict[str, Client]:
    """One client for each role: a guest may open the admin and has no other right."""
    access = Permission.objects.get(codename="access_admin")
    users = {
        "owner": User.objects.create_superuser("owner", "owner@example.com"),
        "editor": User.objects.create_user("editor", "editor@example.com"),
        "guest": User.objects.create_user("guest", "guest@example.com"),
        "member": User.objects.create_user("member", "member@example.com"),
    }
    users["editor"].groups.add(Group.objects.get(name="Editors"))
    users["guest"].user_permissions.add(access)
    clients = {"nobody": Client(raise_request_exception=False)}
    for name, user in users.items():
        clients[name] = Client(raise_request_exception=False)
        clients[name].force_login(user)
    return clients


@pytest.fixture
def objects(site: SmallSite, image: SiteImage, clients: dict[str, Client]) -> dict[str, Any]:
    """One of everything, by the beginning of its addresses; people's data through the forms."""
    visitor = Client()
    person = {"name": "Zelda Quuxington", "email": "zelda.quux@example.org"}
    visitor.post("/contact/", person | {"message": "Quuxmail: my diary"})
    visitor.post(f"/comments/{site.post.pk}/", person | {"comment": "Quuxmail, well said."})
    visitor.post("/newsletter/subscribe/", {"email": person["email"]})
    enquiry, comment = Enquiry.objects.get(), Comment.objects.get()
    subscriber, mail = Subscriber.objects.get(), OutgoingMail.objects.first()
    assert mail
    OutgoingMail.objects.update(subject="Quuxmail")
    campaign = Campaign.objects.create(
        subject="Quuxletter", body=[("picture", {"picture": image, "caption": ""})]
    )
    revision = campaign.save_revision()
    reply = SavedReply.objects.create(title="Quuxreply", text="Quuxreply")
    rule = AuthorRule.objects.create(email_key="zelda.quux@example.org", rule="trusted")
    report = UnreadReport.objects.create(provider="Quuxreport", text="Quuxreport", fault="x")
    page_revision = site.post.save_revision()
    owner = clients["owner"]
    for path in (f"enquiries/edit/{enquiry.pk}/", f"comments/edit/{comment.pk}/"):
        form = {"state": "read", "remind_on": "", "comment": "Quuxmail", "status": "waiting"}
        owner.post(f"/admin/{path}", form)  # leaves a line in the site's history
    found = {
        "comments": comment,
        "enquiries": enquiry,
        "erase": enquiry,
        "reply-drafts": enquiry,
        "outbox": mail,
        "subscribers/import": SubscriberImport.objects.create(file_name="Quuxreport", text="x"),
        "subscribers": subscriber,
        "campaigns": campaign,
        "snippets/contact/savedreply": reply,
        "snippets/newsletter/authorrule": rule,
        "unread-reports": report,
        "missing-addresses": MissingAddress.objects.create(path="/old/"),
        "pages-to-improve": PageReview.objects.create(page=site.post),
        "categories": Category.objects.create(name="Diary"),
        "snippets/choose/blog/category": Category.objects.get(),
        "series": Series.objects.create(name="Diaries"),
        "snippets/choose/blog/series": Series.objects.get(),
        "testimonials": Testimonial.objects.create(name="Tom", text="Good"),
        "snippets/choose/services/testimonial": Testimonial.objects.get(),
        "redirects": Redirect.objects.create(old_path="/gone", redirect_link="/"),
        "documents": Document.objects.create(title="Plan", file=ContentFile(b"x", "plan.txt")),
        "images": image,
        "collections": Collection.get_first_root_node().add_child(name="Clients"),
        "sites": Site.objects.get(),
        "users": User.objects.get(username="editor"),
        "groups": Group.objects.get(name="Moderators"),
        "workflows/tasks": Task.objects.first(),
        "workflows": Workflow.objects.first(),
        "settings/business": BusinessSettings.load(),
        "settings/newsletter": CommentSettings.load(),
        "settings": BusinessSettings.load(),
        "pages": site.post,
        "api/main/^pages": site.post,
        "api/main/^documents": Document.objects.get(),
        "api/main/^images": image,
    }
    by_name = {
        "kind": "contact.enquiry",
        "page_id": site.post.pk,
        "parent_page_id": site.blog.pk,
        "page_to_move_id": site.post.pk,
        "destination_id": site.home.pk,
        "page_pk": site.post.pk,
        "workflow_pk": found["workflows"].pk,
        "revision_id": {"campaigns": revision.pk, "pages": page_revision.pk},
        "file": EnquiryFile.objects.create(
            enquiry=enquiry, question="Brief", name="Quuxreport.pdf", content=b"x"
        ).pk,
        "redirect_id": found["redirects"].pk,
        "document_id": found["documents"].pk,
        "doc_id": found["documents"].pk,
        "image_id": image.pk,
        "collection_id": found["collections"].pk,
        "uploaded_file_id": UploadedFile.objects.create().pk,
        "filter_spec": "max-100x100",
        "task_id": found["workflows/tasks"].pk,
        "task_state_id": 1,
        "workflow_state_id": 1,
        "session_id": 1,
        "object_id": site.post.pk,
        "action_name": "approve",
        "slug": "index",
        "name": "index",
        "shape": "how-to",
        "path": "private/nothing.jpg",
        "app_name": "blog",
        "model_name": "category",
        "app_label": "blog",
        "content_type_app_name": "blog",
        "content_type_model_name": "blogpostpage",
        "uidb64": "MQ",
        "token": "set-password",
    }
    return {"objects": found, "names": by_name}


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        else:
            yield from patterns(entry, path)


def admin_patterns() -> list[str]:
    found = dict.fromkeys(path for path in patterns(get_resolver()) if path.startswith("admin/"))
    bulk = [
        f"admin/bulk/{model._meta.app_label}/{model._meta.model_name}/{action.action_type}/"
        for action in hooks.get_hooks("register_bulk_action")
        for model in action.models
    ]
    settings = [
        f"admin/settings/{name}/<int:pk>/"
        for name in ("business/businesssettings", "newsletter/commentsettings")
    ]
    return [path for path in found if "bulk/<" not in path] + bulk + settings


def path_of(pattern: str, objects: dict[str, Any]) -> str:
    """Fill the parameters of a pattern with keys of things that are there."""
    inner = pattern.removeprefix("admin/")
    own = next((one for name, one in objects["objects"].items() if inner.startswith(name)), None)

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name == "pk":
            assert own is not None, pattern
            return str(own.pk)
        found = objects["names"][name]
        if name in {"app_label", "app_name", "model_name"} and "settings/" in pattern:
            return {"app_name": "business", "model_name": "businesssettings"}[name]
        if name in {"app_label", "model_name"} and "tasks/" in pattern:
            return {"app_label": "wagtailcore", "model_name": "groupapprovaltask"}[name]
        if name in {"app_name", "model_name"} and "tag-autocomplete" in pattern:
            return {"app_name": "taggit", "model_name": "tag"}[name]
        if name == "model_name" and ("editing-sessions" in pattern or "create/" in pattern):
            return "blogpostpage"
        if isinstance(found, dict):
            found = found[inner.partition("/")[0]]
        return str(found)

    path = inner.replace(r"\.\.\.", "...").removesuffix("$")
    path = re.sub(r"\(\?P<pk>\.\+\)", lambda match: str(own.pk if own else ""), path)
    path = path.replace(r"^(\d+)", str(objects["names"]["page_id"]))
    path = re.sub(r"\((?:\?P<\w+>)?live\|earliest\|\\d\+\)", "earliest", path)
    path = re.sub(r"\((?:\?P<\w+>)?live\|latest\|\\d\+\)", "latest", path)
    path = PARAMETER.sub(value, path.replace("^", "")).replace(".*", "nothing")
    query = f"?id={bulk_key(inner, objects)}" if inner.startswith("bulk/") else ""
    return f"/admin/{path}{query}"


def bulk_key(inner: str, objects: dict[str, Any]) -> int:
    model = inner.split("/")[2]
    for one in objects["objects"].values():
        if one._meta.model_name == model:
            return int(one.pk)
    return int(Page.objects.get(slug="on-trust").pk)


def answer_of(client: Client, path: str) -> tuple[str, str]:
    """Return a short word for how an address answers, and its text."""
    answer = client.get(path)
    if answer.status_code == 405:
        answer = undone_post(client, path)
    return word_for(answer), b"".join(answer).decode(errors="replace")


def undone_post(client: Client, path: str) -> Any:
    """Post to an address; what one role deletes is there for the next."""
    savepoint = transaction.savepoint()
    answer = client.post(path)
    transaction.savepoint_rollback(savepoint)
    return answer


def word_for(answer: Any) -> str:
    if answer.status_code != 302:
        return str(answer.status_code)
    if answer["Location"].startswith("/admin/login/"):
        return "login"
    return "no" if answer["Location"] == "/admin/" else "302"


def is_left_out(pattern: str) -> bool:
    """Whether asking for it would end the walk: it signs the user out."""
    return pattern == "admin/logout/"


def test_every_admin_address_answers_to_each_role_as_declared(
    clients: dict[str, Client], objects: dict[str, Any], pytestconfig: pytest.Config
) -> None:
    found: dict[str, str] = {}
    leaks: list[str] = []
    for pattern in admin_patterns():
        if is_left_out(pattern):
            continue
        path = path_of(pattern, objects)
        answers = []
        for role in ROLES[::-1]:
            answer, text = answer_of(clients[role], path)
            answers.append(answer)
            if role != "owner":
                leaks += [f"{role} {path}: {one}" for one in SECRETS if one in text]
        found[pattern] = " ".join(f"{answer:>5}" for answer in answers[::-1])
    if pytestconfig.getoption("declare_admin_access"):
        lines = [" ".join(f"{role:>5}" for role in ROLES) + "  # address"]
        lines += [f"{answers}  {pattern}" for pattern, answers in found.items()]
        DECLARED.write_text("\n".join(lines) + "\n")
    assert leaks == []
    assert found == {
        pattern: " ".join(f"{answer:>5}" for answer in answers)
        for pattern, answers in declared_answers().items()
    }


def declared_answers() -> dict[str, list[str]]:
    lines = [line.split() for line in DECLARED.read_text().splitlines()[1:]]
    return {pattern: answers for *answers, pattern in lines}


def test_whoever_may_not_open_an_admin_address_may_not_post_to_it_either(
    clients: dict[str, Client], objects: dict[str, Any]
) -> None:
    opened = []
    for pattern, answers in declared_answers().items():
        refused = [role for role, answer in zip(ROLES, answers, strict=True) if answer in REFUSED]
        for role in refused:
            path = path_of(pattern, objects)
            word = word_for(undone_post(clients[role], path))
            if word not in REFUSED | {"405"} and pattern != "admin/login/":
                opened.append(f"{role} {path}: {word}")
    assert not opened, "\n".join(opened)


# What everybody who is signed in may write: not the site's, or their own
OWN_TABLES = {
    "django_session": "when they were last here, and what is said to them next",
    "wagtailusers_userprofile": "how they like the admin",
    "content_siterendition": "a size of an image, made when it is first shown",
}
READ = re.compile(r"\s*(?:SELECT|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
WRITE = re.compile(r'\s*(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE)
# Pages where a form is at an address that another page has, too, or where there is none
WITHOUT_FORMS = re.compile(r"results/|usage/|history|reports/|revisions/.*(?:view|compare)/")
# Forms with which the owner changes nothing either
IDLE = {
    # what was chosen goes back to the editor
    "/admin/choose-anchor-link/",
    "/admin/choose-email-link/",
    "/admin/choose-external-link/",
    "/admin/choose-phone-link/",
    "/admin/images/chooser/0/select_format/",
    # a first step, or one whose choice a script makes
    "/admin/bulk/wagtailcore/page/move/?id=0",
    "/admin/pages/0/move/",
    "/admin/redirects/import/",
    "/admin/missing-addresses/edit/0/",  # leads to the form for a redirect
    "/admin/workflows/add/",
    "/admin/workflows/edit/0/",
    # refused for another reason
    "/admin/bulk/newsletter/subscriber/let_in/?id=0",  # not blocked
    "/admin/bulk/wagtailcore/page/delete/?id=0",  # its comments are asked about
    "/admin/pages/0/move/0/confirm/",  # not below the home page
    "/admin/snippets/newsletter/authorrule/add/",
    "/admin/testimonials/add/",  # they were not asked
    # private or not, as it was
    "/admin/collections/0/privacy/",
    "/admin/pages/0/privacy/",
}


def written_tables(client: Client, path: str, fields: QueryDict) -> list[str]:
    """Return to which tables a post writes, even what is there already; all of it is undone."""
    written = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READ.match(sql):
            match = WRITE.match(sql)
            written.append(match[1] if match else sql)
        return execute(sql, params, many, context)

    for value in fields.values():
        if isinstance(value, File):
            value.seek(0)
    cookies, savepoint = client.cookies.copy(), transaction.savepoint()
    with connection.execute_wrapper(note):
        client.post(path, fields)
    transaction.savepoint_rollback(savepoint)
    client.cookies = cookies  # some forms sign somebody out
    return sorted(set(written) - OWN_TABLES.keys())


@pytest.fixture
def reader() -> User:
    """An editor who may see every list and open every entry, and change none."""
    return create_reader("reader")


def create_reader(name: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.com")
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.add(*views, Permission.objects.get(codename="access_admin"))
    return user


@pytest.fixture
def writer(site: SmallSite) -> User:
    """A reader who may write and publish services; all that is asked for is elsewhere."""
    group = Group.objects.create(name="Services")
    for right in ("add_page", "change_page", "publish_page", "lock_page", "bulk_delete_page"):
        permission = Permission.objects.get(codename=right)
        GroupPagePermission.objects.create(
            group=group, page=site.service.get_parent(), permission=permission
        )
    writer = create_reader("writer")
    writer.groups.add(group)
    return writer


def forms_of_the_owner(owner: Client, objects: dict[str, Any]) -> dict[tuple[str, str], QueryDict]:
    """Return what the owner's forms send, each once, and an empty post to every address."""
    found: dict[tuple[str, str], QueryDict] = {}
    for pattern, (answer, *_, to_nobody) in declared_answers().items():
        if is_left_out(pattern) or to_nobody not in REFUSED:  # strangers may post there, too
            continue
        path = path_of(pattern, objects)
        found[path, ""] = QueryDict(mutable=True)
        if answer != "200" or WITHOUT_FORMS.search(pattern):
            continue
        html = b"".join(owner.get(path)).decode(errors="replace")
        for action, fields in submissions(html, path):
            if action.startswith("/admin/") and action != "/admin/logout/":
                found[action, str(sorted(fields.keys()))] = fields
    return found


def test_whoever_may_only_read_changes_nothing_by_a_post(
    clients: dict[str, Client], objects: dict[str, Any], reader: User, writer: User
) -> None:
    """Each form is sent as the owner's browser would: with it the owner changes something."""
    forms = forms_of_the_owner(clients["owner"], objects)
    changed, idle, active = [], set(), set()
    for user in (reader, writer):
        client = clients[user.username] = Client(raise_request_exception=False)
        client.force_login(user)
        for path in ("enquiries", "comments", "subscribers", "outbox", "campaigns"):
            assert client.get(f"/admin/{path}/").status_code == 200
    for (path, names), fields in forms.items():
        for name in () if path == "/admin/account/" else ("reader", "writer"):
            if tables := written_tables(clients[name], path, fields):
                changed.append(f"{name} {path} {names}: {tables}")
        if names:
            is_written = written_tables(clients["owner"], path, fields)
            (active if is_written else idle).add(re.sub(r"\d+", "0", path))
    assert changed == []
    assert idle - active == IDLE


@pytest.mark.parametrize("role", ["editor", "guest"])
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/pages/search/?q=quux",
        "/admin/images/?q=quux",
        "/admin/reports/site-history/",
        "/admin/reports/site-history/?export=csv",
        "/admin/images/usage/{image}/",
        "/admin/images/{image}/delete/",
        "/admin/pages/{post}/usage/",
        "/admin/pages/{post}/delete/",
        "/admin/pages/{service}/usage/",
        "/admin/pages/{post}/history/",
        "/admin/subscribers/?export=xlsx",
        "/admin/enquiries/?export=csv",
        "/admin/tag-autocomplete/?term=quux",
    ],
)
def test_nobody_without_rights_on_people_reads_of_them_elsewhere(
    clients: dict[str, Client],
    objects: dict[str, Any],
    site: SmallSite,
    image: SiteImage,
    role: str,
    path: str,
) -> None:
    path = path.format(image=image.pk, post=site.post.pk, service=site.service.pk)
    answer = clients[role].get(path)
    text = b"".join(answer).decode(errors="replace")
    assert [one for one in SECRETS if one in text] == []
