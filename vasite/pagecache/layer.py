"""The outermost layer: what is finished is given at once, what may be kept is kept."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, urlencode, urlsplit
from zlib import crc32

from django.conf import settings

from vasite.pagecache.generations import WITHDRAWN, opened
from vasite.pagecache.keeping import KEPT, names_at
from vasite.pagecache.pages import IN_FRONT, Headers, Key, Memory, Page, Shelf, coding_for
from vasite.pagecache.version import code_version
from vasite.pagecache.watching import front, generations, noting_tables, state_since

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
LONGEST = 300  # letters of a path or a query that is kept
MOST_PATHS = 20_000  # of which it is remembered what query they know
STRIPES = 64  # pages that are made at once, each by one of all threads and processes
WAIT_SECONDS = 5.0  # for another that makes the same page


class PageCache:
    """A WSGI application around the site's.

    It takes part in GET and HEAD requests of visitors without a session, to the site's own host
    and for views that may be kept. All others pass through as they are, as do those of which
    `is_redirected` says so by path and query, as WSGI writes them.
    """

    def __init__(
        self,
        application: Application,
        is_redirected: Callable[[str, str], bool] = lambda path, query: False,
    ) -> None:
        folder = settings.PAGE_CACHE_DIR
        self.application = application
        self.is_redirected = is_redirected
        # Apart, so that whoever asks for ever new queries drives out no other page
        self.memory = Memory(settings.PAGE_CACHE_BYTES * 3 // 4)
        self.asked_memory = Memory(settings.PAGE_CACHE_BYTES // 4)
        self.shelf = Shelf(folder / "pages" / code_version())
        self.names: dict[str, Collection[str]] = {}  # that each path's page knows of the query
        site_url = urlsplit(settings.SITE_URL)
        self.host = site_url.netloc
        self.server = (
            site_url.hostname or "",
            str(site_url.port or (443 if settings.IS_HTTPS else 80)),
        )
        self.session_cookie = f"{settings.SESSION_COOKIE_NAME}="
        self.locks = [folder / f"lock-{number}" for number in range(STRIPES)]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self.takes_part(environ):
            return self.application(environ, start_response)
        return self.find_or_make(environ, start_response)

    def finished(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        """Answer with a page that is ready, without Django and without waiting for anything;
        return None where there is none."""
        if not self.takes_part(environ):
            return None
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        if query and (names := self.names.get(path)) is not None:
            query = known_part(query, names)
        page = self.memory_for((path, query)).get((path, query))
        if is_fresh(page):
            return hand_out((path, query), page, environ, start_response)
        key = self.key_of(environ)
        page = self.look_up(key) if key else None
        return hand_out(key, page, environ, start_response) if key and is_fresh(page) else None

    def takes_part(self, environ: Environ) -> bool:
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        # A redirect may go by what the page knows nothing of
        return self.is_anonymous_reading(environ) and not (
            query and self.is_redirected(path, query)
        )

    def is_anonymous_reading(self, environ: Environ) -> bool:
        return (
            environ["REQUEST_METHOD"] in {"GET", "HEAD"}
            and environ.get("HTTP_HOST") == self.host
            and (not settings.IS_HTTPS or environ.get("HTTP_X_FORWARDED_PROTO") == "https")
            and self.session_cookie not in environ.get("HTTP_COOKIE", "")
            and settings.ACCESS_COOKIE_PREFIX not in environ.get("HTTP_COOKIE", "")
            and not environ.get("SCRIPT_NAME")
        )

    def shared_environ(self, path: str, query: str, errors: Any) -> Environ:
        """Return the request from which the response for everybody is made.

        It names the page and nothing of the visitor who happens to be the first to ask: path and
        known query are part of the page's key, all else is the site's own. An allow-list, since
        no list of what to leave out is ever complete (RFC 3875, 4.1; PEP 3333).
        """
        scheme = "https" if settings.IS_HTTPS else "http"
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": self.server[0],
            "SERVER_PORT": self.server[1],
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self.host,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.input": BytesIO(),
            "wsgi.errors": errors,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        return environ | {"HTTP_X_FORWARDED_PROTO": scheme} if settings.IS_HTTPS else environ

    def find_or_make(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Gives what is not in memory, or not right any more: from the shelf, or made."""
        key = self.key_of(environ)
        if key is None:
            return self.application(environ, start_response)
        path, query = key
        old = self.look_up(key)
        if is_fresh(old):
            return hand_out(key, old, environ, start_response)
        is_right = stands(old)
        with self.alone(key, wait=not is_right) as is_alone:
            page = self.look_up(key)  # made by another meanwhile
            if not is_fresh(page):
                # or by another just now, and the old one is still right
                page = old if is_right and not is_alone else None
            if page is None:
                shared = self.shared_environ(path, query, environ["wsgi.errors"])
                answer = Answer(self.application, shared)
                page = self.keep(key, answer, old)
        if page is not None:
            return hand_out(key, page, environ, start_response)
        if answer.is_broken and old is not None and self.may_stand_in(old):
            return give(old, environ, start_response, str(int(time.time() - old.made_at)))
        if query != environ["QUERY_STRING"]:  # what it asks in full may lead elsewhere
            return self.application(environ, start_response)
        start_response(answer.status, answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def key_of(self, environ: Environ) -> Key | None:
        """Return the key of the page that is asked for; None where nothing is kept."""
        path = environ["PATH_INFO"]
        names = self.names.get(path)
        if names is None:
            names = names_at(path)
        query = known_part(environ["QUERY_STRING"], names or ())
        if names is None or len(path) > LONGEST or len(query) > LONGEST:
            return None
        return path, query

    def may_stand_in(self, old: Page) -> bool:
        return old.may_stand_in(generations().began[WITHDRAWN])

    def look_up(self, key: Key) -> Page | None:
        """Gives a page that is fresh, from memory or from the shelf; else an old one, if any."""
        known = self.memory_for(key).get(key)
        if is_fresh(known):
            return known
        shelved = self.shelf.get(key)
        if is_fresh(shelved):
            self.memory_for(key).put(key, shelved)
            return shelved
        return known or shelved

    def memory_for(self, key: Key) -> Memory:
        return self.asked_memory if key[1] else self.memory

    def keep(self, key: Key, answer: Answer, old: Page | None) -> Page | None:
        """Gives an answer that may be kept as a page; keeps it unless something that it shows was
        changed meanwhile, or is being changed."""
        if not answer.may_be_kept:
            return None
        state = state_since(answer.before, answer.tables)
        names = answer.environ[KEPT]
        key = (key[0], known_part(key[1], names))
        seconds = 0
        if settings.PURGE and state and not key[1]:
            generations().note_in_front(state)
            seconds = IN_FRONT
        page = Page.make(answer.headers, answer.body, state or (), old, seconds)
        if state is None:
            return page
        if len(self.names) >= MOST_PATHS:
            self.names.clear()
        self.names[key[0]] = names
        self.memory_for(key).put(key, page)
        if not key[1]:
            self.shelf.put(key, page)
        return page

    @contextmanager
    def alone(self, key: Key, *, wait: bool) -> Iterator[bool]:
        """Holds the one right to make a page; gives whether it was got within WAIT_SECONDS."""
        number = crc32("?".join(key).encode("utf-8", "replace")) % STRIPES
        try:
            file = opened(self.locks[number])
        except OSError:  # no room for it: better made twice than not at all
            yield True
            return
        deadline = time.monotonic() + (WAIT_SECONDS if wait else 0)
        try:
            while not (is_alone := try_lock(file)) and time.monotonic() < deadline:
                time.sleep(0.005)
            yield is_alone
        finally:
            os.close(file)


class Answer:
    """What the application answers to a request, in full, and what it read for that."""

    def __init__(self, application: Application, environ: Environ) -> None:
        self.environ = environ
        self.before = generations().snapshot()
        with noting_tables() as self.tables:
            parts: Any = application(environ, self.start_response)
            with closing(parts):
                self.body = b"".join(parts)

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    @property
    def is_broken(self) -> bool:
        return self.status.startswith("5")

    @property
    def may_be_kept(self) -> bool:
        if not self.status.startswith("200") or KEPT not in self.environ:
            return False
        values = {name.lower(): value for name, value in self.headers}
        is_private = {"private", "no-store", "no-cache"} & set(
            values.get("cache-control", "").replace(" ", "").split(",")
        )
        return not is_private and "set-cookie" not in values


def stands(page: Page | None) -> TypeGuard[Page]:
    """Whether there is a page and it is right."""
    return page is not None and generations().stands(page.state)


def is_fresh(page: Page | None) -> TypeGuard[Page]:
    """Whether there is a page, it is right and not too old."""
    # Without a call of stands(): each hit passes here
    return page is not None and not page.is_expired and generations().stands(page.state)


def hand_out(
    key: Key, page: Page, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Answers with a page that is right, and lays it out for the server in front, which asked
    since it doesn't find it there."""
    path, query = key
    if settings.PAGE_FILES and not query and page.state:
        place = front().place_of(path, page.headers)
        if place and not place.exists():
            generations().lay_out(page.state, lambda: front().put(place, page))
    return give(page, environ, start_response)


def known_part(query: str, names: Collection[str]) -> str:
    """Gives the part of a query that a page knows, in one order."""
    if not query or not names:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    return urlencode(sorted(dict(pair for pair in pairs if pair[0] in names).items()))


def try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def give(
    page: Page, environ: Environ, start_response: StartResponse, age: str = ""
) -> Iterable[bytes]:
    """Answers with a page, or that it is what the visitor has (RFC 9110, 13.2.2)."""
    coding = coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
    if coding not in page.bodies:
        coding = ""
    headers = page.answers[coding]
    if age:
        headers = [(name, age if name == "Age" else value) for name, value in headers]
    if has_it(page, coding, environ):
        left_out = {"Content-Length", "Content-Type", "Content-Encoding"}
        start_response("304 Not Modified", [pair for pair in headers if pair[0] not in left_out])
        return []
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.bodies[coding]]


def has_it(page: Page, coding: str, environ: Environ) -> bool:
    tags = environ.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        return tags.strip() == "*" or page.etags[coding] in {
            tag.strip().removeprefix("W/") for tag in tags.split(",")
        }
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since:
        with suppress(ValueError, TypeError, OverflowError):
            return int(page.changed_at) <= parsedate_to_datetime(since).timestamp()
    return False
