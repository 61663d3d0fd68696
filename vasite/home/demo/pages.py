"""Builds the pages: standard ones for a real start, a believable business for a look round."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.images import ImageFile
from django.utils import timezone
from django.utils.html import escape
from django.utils.text import slugify
from wagtail.models import Page, Site

from blog.models import BlogIndexPage, BlogPostPage, Category
from contact.models import ContactPage, Enquiry
from newsletter.models import Campaign, Comment, NewsletterPage, Subscriber
from newsletter.subscribing import keep_consent
from services.models import ServicePage, ServicesIndexPage, Testimonial
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.home.demo import texts
from vasite.home.models import HomePage, StandardPage

FOLDER = Path(__file__).parent
PICTURE_LINE = re.compile(r"!\[(?P<name>[\w-]+)\] ?(?P<caption>.*)")


def paragraphs(*lines: str) -> tuple[str, str]:
    """Gives a text block of plain paragraphs."""
    return "text", "".join(f"<p>{escape(line)}</p>" for line in lines)


def build_home(words: dict[str, Any]) -> HomePage:
    """Puts a home page at the root of the default site, in place of Wagtail's welcome page."""
    root = Page.objects.get(depth=1)
    Page.objects.child_of(root).filter(content_type__model="page").delete()
    root.refresh_from_db()
    home = root.add_child(instance=HomePage(title="Home", slug="home", **words))
    site, _ = Site.objects.get_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
    )
    site.root_page = home
    site.save()
    return home


def build_empty_site() -> None:
    """The standard pages with short texts that guide the VA."""
    home = build_home(
        {"hero_title": texts.EMPTY_HEADLINE, "introduction": texts.EMPTY_INTRODUCTION}
    )
    add = home.add_child
    add(
        instance=ServicesIndexPage(
            title="Services", show_in_menus=True, introduction=texts.GUIDE_SERVICES
        )
    )
    about = StandardPage(title="About", show_in_menus=True, introduction=texts.GUIDE_ABOUT)
    add(instance=about)
    add(instance=BlogIndexPage(title="Blog", show_in_menus=True, introduction=texts.GUIDE_BLOG))
    add(instance=ContactPage(title="Contact", introduction=texts.GUIDE_CONTACT))
    add(instance=NewsletterPage(title="Newsletter", introduction=texts.GUIDE_NEWSLETTER))
    name_pages(about=about, legal=add_legal_pages(home))


def add_legal_pages(home: HomePage) -> dict[str, StandardPage]:
    """Return them by their titles."""
    return {
        title: home.add_child(instance=StandardPage(title=title, body=[paragraphs(*lines)]))
        for title, lines in texts.LEGAL_PAGES.items()
    }


def name_pages(about: StandardPage, legal: dict[str, StandardPage]) -> None:
    """Say which pages the rest of the site means by the page about the owner and the notice."""
    business = BusinessSettings.load()
    business.about_page, business.privacy_page = about, legal["Privacy"]
    business.save()


@dataclass
class DemoSite:
    """The demo, built piece by piece; pictures are uploaded once and shared."""

    pictures: dict[str, SiteImage]

    @classmethod
    def build(cls) -> None:
        demo = cls({})
        demo.set_business()
        home = build_home({**texts.HOME, "picture": demo.picture("desk"), "body": texts.HOME_BODY})
        home.testimonials = [demo.testimonial(name) for name in texts.HOME_TESTIMONIALS]
        home.save()
        demo.add_services(home)
        about = home.add_child(
            instance=StandardPage(
                title="About",
                show_in_menus=True,
                introduction=texts.ABOUT_INTRODUCTION,
                picture=demo.picture("worcester"),
                body=[paragraphs(*texts.ABOUT), *texts.ABOUT_END],
            )
        )
        demo.add_posts(home)
        home.add_child(instance=ContactPage(title="Contact", **texts.CONTACT))
        home.add_child(instance=NewsletterPage(title="Newsletter", **texts.NEWSLETTER))
        name_pages(about=about, legal=add_legal_pages(home))
        demo.add_letters()
        demo.add_people()

    def picture(self, name: str) -> SiteImage:
        if name not in self.pictures:
            path = FOLDER / "pictures" / f"{name}.jpg"
            with path.open("rb") as file:
                image = SiteImage(
                    title=name.capitalize(),
                    description=texts.ALT_TEXTS[name],
                    file=ImageFile(file, name=path.name),
                )
                image.save()
            self.pictures[name] = image
        return self.pictures[name]

    def set_business(self) -> None:
        business = BusinessSettings.load()
        for name, value in texts.BUSINESS.items():
            setattr(business, name, value)
        business.portrait = self.picture("portrait")
        business.save()

    def add_services(self, home: HomePage) -> None:
        index = home.add_child(
            instance=ServicesIndexPage(
                title="Services",
                show_in_menus=True,
                introduction=texts.SERVICES_INTRODUCTION,
                body=texts.SERVICES_BODY,
            )
        )
        for service in texts.SERVICES:
            index.add_child(
                instance=ServicePage(
                    title=service["title"],
                    introduction=service["introduction"],
                    for_whom=service["for_whom"],
                    picture=self.picture(service["picture"]),
                    price=Decimal(service["price"]),
                    price_unit=service["unit"],
                    included=[("item", item) for item in service["included"]],
                    body=[paragraphs(*service["text"])],
                    packages=[
                        ("package", {"name": name, "amount": amount, "unit": unit, "text": text})
                        for name, amount, unit, text in service["packages"]
                    ],
                    category=self.category(service["category"]),
                    testimonials=[
                        self.testimonial(name) for name in [service["testimonial"]] if name
                    ],
                )
            )

    def add_posts(self, home: HomePage) -> None:
        index = home.add_child(
            instance=BlogIndexPage(
                title="Blog", show_in_menus=True, introduction=texts.BLOG_INTRODUCTION
            )
        )
        older: BlogPostPage | None = None
        paths = sorted((FOLDER / "posts").glob("*.txt"))
        for age, path in zip(reversed(range(len(paths))), paths, strict=True):
            title, introduction, facts, *body = path.read_text().split("\n\n")
            picture, category, *tags = facts.strip().split("; ")
            published = timezone.now() - timedelta(days=9 + 16 * age, hours=3)
            post = BlogPostPage(
                title=title,
                slug=slugify(title),
                introduction=introduction,
                picture=self.picture(picture),
                body=[*self.blocks(body), *self.ending(category, older)],
                categories=[self.category(category)],
                first_published_at=published,
                last_published_at=published,
            )
            post.tags.add(*tags)
            index.add_child(instance=post)
            older = post
            BlogPostPage.objects.filter(pk=post.pk).update(
                first_published_at=published, last_published_at=published
            )

    def testimonial(self, name: str) -> Testimonial:
        text, person, business = texts.TESTIMONIALS[name]
        words = {"text": text, "business": business, "is_sample": True}
        return Testimonial.objects.get_or_create(name=person, defaults=words)[0]

    def ending(self, category: str, older: BlogPostPage | None) -> list[Any]:
        """What a post leads to: the one before it, and a service."""
        heading, button, slug = texts.ACTIONS[category]
        page = ServicePage.objects.get(slug=slug)
        action = {"heading": heading, "text": "", "button": button, "page": page}
        if older is None:
            return [("call_to_action", action)]
        link = f'<a linktype="page" id="{older.pk}">{escape(older.title)}</a>'
        return [
            ("text", f"<p>Read next: {link}.</p>"),
            ("call_to_action", action),
        ]

    def category(self, name: str) -> Category:
        words = {"name": name, "introduction": texts.CATEGORIES[name]}
        return Category.objects.get_or_create(slug=slugify(name), defaults=words)[0]

    def blocks(self, pieces: list[str]) -> list[Any]:
        """Gives the blocks of a post's text: `## ` heads, `- ` lists, `![name] caption` shows."""
        blocks: list[Any] = []
        for piece in (piece.strip() for piece in pieces):
            shown = PICTURE_LINE.fullmatch(piece)
            if shown:
                picture = self.picture(shown["name"])
                picture.contextual_alt_text = picture.description
                picture.decorative = False
                blocks.append(("picture", {"picture": picture, "caption": shown["caption"]}))
            elif piece.startswith("## "):
                blocks.append(("heading", {"text": piece[3:], "level": "2"}))
            elif piece.startswith("- "):
                items = "".join(f"<li>{escape(line[2:])}</li>" for line in piece.splitlines())
                blocks.append(("text", f"<ul>{items}</ul>"))
            elif piece:
                blocks.append(paragraphs(piece))
        return blocks

    def add_letters(self) -> None:
        """Letters with the newest posts under them, as if the first had gone out last week."""
        posts = list(BlogPostPage.objects.published()[:3])
        for letter in texts.LETTERS:
            written = {name: letter[name] for name in ("subject", "preheader", "status")}
            is_sent = written["status"] == "sent"
            body = [
                paragraphs(*letter["lines"]),
                ("posts", {"heading": "New on the blog", "posts": posts}),
            ]
            moment = timezone.now() - timedelta(days=7) if is_sent else None
            Campaign.objects.create(
                body=body, started_at=moment, finished_at=moment, is_filled=is_sent, **written
            )

    def add_people(self) -> None:
        """Readers and enquirers at example.com (RFC 2606), without any mail to them."""
        now = timezone.now()
        posts = list(BlogPostPage.objects.published().reverse())
        for index, (number, name, email, text, status) in enumerate(texts.COMMENTS):
            comment = Comment(
                page=posts[number - 1],
                name=name,
                email=email,
                comment=text,
                status=status,
                received_at=now - timedelta(days=len(texts.COMMENTS) - index, hours=index),
            )
            comment.set_content(name, email, text)
            comment.save()
        for index, (name, email, phone, text, state) in enumerate(texts.ENQUIRIES):
            enquiry = Enquiry(
                state=state,
                name=name,
                email=email,
                phone=phone,
                message=text,
                service=ServicePage.objects.order_by("path")[index],
                came_from="/services/",
                received_at=now - timedelta(days=index, hours=2),
            )
            enquiry.set_content(name, email, text)
            enquiry.save()
        reader = Subscriber.objects.create(
            email="reader@example.com",
            subscribed_from="/blog/",
        )
        keep_consent(reader, "/blog/")
        reader.confirm()
