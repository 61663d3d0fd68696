"""Two hundred people who send the contact form at once, and try again until they are thanked."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from urllib.parse import urlencode

from tests.served import ServedSite, wait_until

PEOPLE, AT_ONCE = 200, 8
PATIENCE = 90  # seconds
KEPT = """
import json
from contact.models import Enquiry
from vasite.mail.models import OutgoingMail
stored = Enquiry.objects.filter(name__startswith="NAME ")
mails = OutgoingMail.objects.filter(subject__startswith="Thank you").values_list("recipients")
print(json.dumps([
    list(stored.values_list("name", flat=True)),
    list(stored.filter(verdict="ham").values_list("email", flat=True)),
    [address for (to,) in mails for address in to if address.startswith("NAME-")],
]))
"""


class Crowd:
    """Sends while its `with` block lasts, under a name; `answers` counts what people saw.

    "thanked", "kept" (503 with what was typed), "unanswered" (the connection broke) or
    "refused" (nobody listened).
    """

    def __init__(self, site: ServedSite, name: str) -> None:
        self.site, self.name = site, name
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []
        self.lock = threading.Lock()
        self.people: list[Future[None]] = []

    def __enter__(self) -> Crowd:
        self.threads = ThreadPoolExecutor(AT_ONCE)
        self.people = [self.threads.submit(self.insist, number) for number in range(PEOPLE)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.threads.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            for person in self.people:
                person.result()

    def wait_for(self, answer: str, count: int) -> None:
        """Waits until so many have seen an answer."""
        wait_until(lambda: self.answers[answer] >= count, seconds=PATIENCE)

    def insist(self, number: int) -> None:
        """Sends one person's message until it is thanked for."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.send(number)
            with self.lock:
                self.answers[answer] += 1
            if answer == "thanked":
                return
            assert time.monotonic() < deadline, f"person {number} was never thanked: {answer}"
            time.sleep(0.1)

    def send(self, number: int) -> str:
        """Sends the message once, from a network of its own, and gives what came of it."""
        message = f"Could you take over my diary? We are {self.name}, number {number}."
        body = urlencode(
            {"name": f"{self.name} {number}", "email": f"{self.name}-{number}@example.com"}
            | {"message": message}
        )
        connection = http.client.HTTPConnection(
            "127.0.0.1",
            self.site.port,
            timeout=PATIENCE,
            source_address=(f"127.{1 + number // 100}.{number % 100}.1", 0),
        )
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/contact/", body, headers)
            response = connection.getresponse()
            page = response.read().decode()
        except ConnectionRefusedError:
            return "refused"
        except (http.client.HTTPException, OSError):
            return "unanswered"
        finally:
            connection.close()
        if response.status == 303:
            return "thanked"
        assert response.status == 503, f"{response.status}: {''.join(self.site.output[-80:])}"
        for words in (message, "01632 960733", "owner@example.com"):
            assert words in page, f"{words} is not on the page"
        return "kept"

    def check_nothing_is_lost(self) -> None:
        """Everybody was thanked, and everybody's message is there, once."""
        assert self.answers["thanked"] == PEOPLE
        kept = self.site.run_code(KEPT.replace("NAME", self.name)).splitlines()[-1]
        stored, to_be_mailed, mailed = json.loads(kept)
        assert Counter(stored) == Counter(f"{self.name} {number}" for number in range(PEOPLE))
        assert sorted(mailed) == sorted(to_be_mailed)
