"""The verdict on a message: ham, unsure or spam, with its reasons in words for the VA."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field

from django.http import HttpRequest

from vasite.email_addresses import email_key
from vasite.forms.accessible import AccessibleForm
from vasite.forms.models import SpamSettings
from vasite.forms.spam.classifier import score_text
from vasite.forms.spam.learning import learnt_weights
from vasite.forms.spam.proof import Proof, check_proof
from vasite.forms.spam.traces import (
    Mark,
    count_traces,
    email_mark,
    leave_traces,
    mark_of,
    network_mark,
)
from vasite.forms.submissions import Judged, Label
from vasite.serving.locks import lock_for_transaction

# Points, in the unit of the classifier's score. bench/RESULTS.md has what they give.
SPAM_FROM, UNSURE_FROM = 1.5, 0.5
WITHOUT_WORDS = -0.5  # where a form has only an address
HASTE_SECONDS, SHORT_TEXT = 3.0, 20
# How many one network may send in ten minutes: a whole workshop that subscribes at once, or, of
# those without a proof of work, an office. And all networks together, before it is a flood.
OF_A_NETWORK, UNPROVEN, OF_ALL = 100, 20, 60


@dataclass
class Verdict:
    """What was found, and why: each reason with its points, in the order it was found."""

    points: float = 0.0
    is_trapped: bool = False
    is_held: bool = False
    is_over_rate: bool = False
    is_proven: bool = False
    reasons: list[str] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)

    def add(self, points: float, reason: str) -> None:
        self.points += points
        self.reasons.append(reason)

    @property
    def label(self) -> Label:
        if self.is_trapped or self.points >= SPAM_FROM:
            return Label.SPAM
        if self.is_held or self.points >= UNSURE_FROM:
            return Label.UNSURE
        return Label.HAM

    def pass_on(self, entry: Judged) -> None:
        """Lets what came in keep the verdict."""
        entry.verdict, entry.reasons = self.label, self.reasons

    def spend_proof(self) -> None:
        """Spend the proof of work, in the transaction that stores the message and its traces.

        Of several messages that carry the same proof at once, only the first is proven by it.
        """
        spent = self.marks.get("challenge")
        if spent and self.is_proven:
            lock_for_transaction(f"proof of work {spent.value}")
            if count_traces({"challenge": spent})["challenge"]:
                judge_proof(self, "wrong")

    def leave_traces(self) -> None:
        """Keeps what the next message is judged by."""
        leave_traces(self.marks)


def judge(request: HttpRequest, form: AccessibleForm, *, text: str = "") -> Verdict:
    """Judges a valid form by its words, how it was sent, and what came before.

    Takes the words to read, none where a form has only an address. It only reads, so that the
    transaction in which the message is stored, and `pass_on` called, stays short.
    """
    verdict = Verdict()
    name = str(form.cleaned_data.get("name") or "")
    if text:
        judge_words(verdict, text, name)
        judge_haste(verdict, request.POST.get("seconds", ""))
    else:
        verdict.points = WITHOUT_WORDS
    if form.is_trapped:
        verdict.is_trapped = True
        verdict.reasons.append("A field was filled in that people don’t see")
    proof, signature = check_proof(request.POST.get("altcha", ""))
    marks = verdict.marks = marks_of(request, form.cleaned_data["email"], text, signature)
    counts = count_traces(marks)
    judge_proof(verdict, "wrong" if counts.get("challenge") else proof)
    judge_rate(verdict, counts)
    judge_held_words(verdict, f"{name} {text}", form.cleaned_data["email"])
    return verdict


def marks_of(request: HttpRequest, email: str, text: str, signature: str) -> dict[str, Mark]:
    """Gives what is counted of a message: network, address, words, proof of work, and all."""
    marks = {
        "network": Mark(network_mark("network", request), minutes=10),
        "address": Mark(email_mark("address", email), minutes=60),
        "all": Mark(mark_of("form", "any"), minutes=10),
    }
    if len(text) > SHORT_TEXT:
        words = " ".join(text.casefold().split())[:300]
        marks["words"] = Mark(mark_of("words", words), minutes=600)
    if signature:
        marks["challenge"] = Mark(mark_of("challenge", signature), minutes=60)
    return marks


def judge_words(verdict: Verdict, text: str, name: str) -> None:
    points = score_text(text, name, learnt_weights())
    likeness = 100 / (1 + math.exp(-points))
    if points > 0:
        verdict.add(points, f"Its words are like those of spam ({likeness:.0f} %)")
    else:
        verdict.points += points


def judge_proof(verdict: Verdict, proof: Proof) -> None:
    verdict.is_proven = proof == "solved"
    if proof == "absent":
        verdict.add(0.5, "Sent without JavaScript")
    elif proof == "wrong":
        verdict.add(1.5, "Its proof of work is false or was used before")


def judge_haste(verdict: Verdict, seconds: str) -> None:
    """Takes the seconds since somebody was first in the form, as the browser measured them."""
    try:
        taken = float(seconds)
    except ValueError:
        return
    if 0 <= taken < HASTE_SECONDS:
        verdict.add(1.0, f"Filled in within {taken:.0f} seconds")


def judge_rate(verdict: Verdict, counts: dict[str, int]) -> None:
    """Weighs what came from the same network and address, in the same words, and in all."""
    if counts["network"] > (OF_A_NETWORK if verdict.is_proven else UNPROVEN):
        verdict.is_held = verdict.is_over_rate = True
        verdict.reasons.append("Many messages from the same network within ten minutes")
    if counts["address"] > 3:
        verdict.add(1.0, "Many messages with the same address within an hour")
    if counts.get("words", 0) > 2:
        verdict.add(2.0, "The same words came several times")
    if not verdict.is_proven and counts["all"] > OF_ALL:
        verdict.is_held = verdict.is_over_rate = True
        verdict.reasons.append("Came in the midst of a flood of messages")


def judge_held_words(verdict: Verdict, text: str, email: str) -> None:
    text = f"{text} {email} {email_key(email)}".casefold()
    for word in SpamSettings.load().held:
        if unicodedata.normalize("NFC", word).casefold() in text:
            verdict.is_held = True
            verdict.reasons.append(f"Holds “{word}”, one of your words")
