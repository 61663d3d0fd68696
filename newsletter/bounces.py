"""Emails in which mail servers report what became of an email: bounces and complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError, MissingHeaderBodySeparatorDefect
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser

from vasite.mail.refusals import Meaning, meaning_of

MAX_TEXT = 200_000  # characters of a report that are read
MAX_WORDS = 5_000  # characters of what a server says in them, and of a header
MAX_DIAGNOSTIC = 1_000  # characters
MAX_GROUPS = 10  # of fields: a newsletter goes to one recipient at a time, who may forward it
MAX_MARKUP = 40_000  # characters in which those are looked for
REPORT_TYPES = {
    "message/delivery-status",  # RFC 3464
    "message/global-delivery-status",  # RFC 6533
    "message/feedback-report",  # RFC 5965
}
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
# Who writes bounces that are no report, and what their subjects say
DAEMON = re.compile(
    r"mailer[-_]?daemon|postmaster|mail ?delivery|mdaemon|\bmajordomo\b|daemon@", re.I
)
SUBJECT = re.compile(
    r"undeliver|not delivered|unable to deliver|delivery (?:has )?(?:fail|status|error|notif)"
    r"|(?:mail|message|delivery) (?:system )?(?:fail|error)|fail(?:ure|ed) (?:notice|delivery|mail)"
    r"|returned (?:mail|to sender|message)|non-?deliver|could not be delivered|bounce|mail error"
    r"|delivery report|undelivered|mail status report|warning: could not send|deliverable",
    re.I,
)
# Where a bounce without parts goes on with what it returns
COPY = re.compile(
    r"^(?:-{2,}+.*(?:copy of|original|returned|unsent|below this line|body of|enclosed|forwarded).*"
    r"|.*copy of (?:the|your) (?:original )?message.*"
    r"|[^\w\n]*(?:(?:the )?original message (?:follows|headers?)|message headers? follows?"
    r"|returned message|text of (?:the )?(?:original )?message)[^\w\n]*"
    r"|(?:return-path|received|message-id|dkim-signature):.*)$",
    re.I | re.M,
)
STYLE = re.compile(r"<(?:style|script)\b", re.I)
STYLE_END = re.compile(r"</(?:style|script)>", re.I)
TAG = re.compile(r"</?[a-z][^<>@]*>", re.I)
RECIPIENT_FIELDS = ("Final-Recipient", "Original-Recipient", "X-Actual-Recipient")
RECIPIENT_FIELD = re.compile(
    r"^(?:(?:Original-Recipient|Action|Status|Remote-MTA|Diagnostic-Code):.*\n(?:[ \t].*\n)*){0,10}"
    r"Final-Recipient:",
    re.I | re.M,
)
ANOTHER_STEP = re.compile(
    r"(?:end of|reply to|response to|after|command:?)\s+(?:the\s+|end\s+of\s+)*"
    r"(?:DATA|initial\s+connection|MAIL(?:\s+FROM)?|EHLO|HELO)\b"
    r"|my\s+name\s+was\s+rejected|>>>\s+(?:DATA|MAIL\s+FROM\S*)\s+<<<\s+5",
    re.I,
)
NO_RECIPIENT_LEFT = re.compile(r"need rcpt|valid recipient|rcpt first|no recipients|to RCPT", re.I)
NO_FAILURE = {"delayed", "delivered", "relayed", "expanded"}  # RFC 3464, 2.3.3
COMPLAINTS = {"abuse", "fraud"}  # RFC 5965, 7.3: those that readers send
HOTMAIL = re.compile(r"staff@(?:hotmail|outlook|live|msn)\.", re.I)


@dataclass
class Failure:
    """What a report says of one recipient; `addresses` are those it is known by, if any."""

    addresses: frozenset[str]
    meaning: Meaning
    text: str


@dataclass
class Report:
    """A report on one email; `returned` is all that it holds of that email and about it."""

    returned: str
    failures: list[Failure] = field(default_factory=list)
    is_complaint: bool = False


def read_report(message: Message) -> Report | None:
    """Return what a mail server reports, or None where a message is no report.

    A person's reply is none, nor is an answer while somebody is away (RFC 3834), nor a message to
    which somebody attached a report.
    """
    parts = list(own_parts(message))
    fields = [group for part in parts for group in groups_of(part)]
    is_feedback = any(part.get_content_type() == "message/feedback-report" for part in parts)
    returned = "\n".join(texts_of(message))[:MAX_TEXT]
    if is_feedback:
        kinds = {one_line(group, "Feedback-Type").lower() for group in fields}
        return Report(returned, is_complaint=bool(kinds & COMPLAINTS))
    if HOTMAIL.search(header(message, "From")) and len(list(message.walk())) > len(parts):
        return Report(returned, is_complaint=True)
    if not fields and not is_bounce(message):
        return None
    said = text_before_copy(parts)
    if not fields:  # a gateway's notice around a report, or one whose parts are broken
        fields = [group for part in message.walk() for group in groups_of(part)]
        fields = fields or written_groups("\n".join(map(decoded, parts))[:MAX_MARKUP])
    groups = fields[:MAX_GROUPS]
    failures = [failure for group in groups if (failure := failure_of(group, said))]
    if not fields:
        named = frozenset(ADDRESS.findall(one_line(message, "X-Failed-Recipients")))
        named = named or frozenset(ADDRESS.findall(said))
        meaning = meaning_of(said, is_about_recipient=is_about_recipient(said))
        failures = [Failure(named, meaning, " ".join(said.split())[:500])]
    return Report(returned, failures)


def is_bounce(message: Message) -> bool:
    """Tell whether a message without a report's parts is a mail server's notice of failure."""
    if message.get("X-Failed-Recipients"):
        return True
    is_daemon = bool(DAEMON.search(header(message, "From")))
    if not is_daemon and is_automatic_answer(message):
        return False
    has_no_sender = str(message.get("Return-Path", "x")).strip() in {"<>", "<#@[]>", ""}
    has_subject = bool(SUBJECT.search(header(message, "Subject")))
    return (is_daemon or has_no_sender) and (has_subject or (is_daemon and has_no_sender))


def is_automatic_answer(message: Message) -> bool:
    """Tell whether a person's mailbox answered by itself: without a sender, as a bounce is (RFC
    3834, 3.3), and under a subject of ours, which may speak of bouncing back. Postfix writes
    `auto-replied` into its bounces, too, which come from a daemon."""
    automatic = header(message, "Auto-Submitted").lower().startswith("auto-replied")
    return automatic or message.get("In-Reply-To") is not None


def own_parts(message: Message) -> Iterator[Message]:
    """Yield a message's parts, but not those of a message that it holds."""
    yield message
    if message.get_content_type().startswith("message/"):
        return
    if message.is_multipart():
        for part in message.get_payload():
            yield from own_parts(part)


def groups_of(part: Message) -> list[Message]:
    """Return a report part's groups of fields: one for the email, and one for each recipient."""
    if part.get_content_type() not in REPORT_TYPES:
        return []
    return [HeaderParser().parsestr(block) for block in blocks_of(decoded(part))]


def written_groups(text: str) -> list[Message]:
    """Return the groups of fields about recipients that stand somewhere in a text."""
    starts = (RECIPIENT_FIELD.search(block) for block in blocks_of(text))
    return [HeaderParser().parsestr(start.string[start.start() :]) for start in starts if start]


def blocks_of(text: str) -> list[str]:
    return re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").strip())


def failure_of(fields: Message, said: str) -> Failure | None:
    """Return what a group of fields says of one recipient (RFC 3464, 2.3); None where it is about
    the email, or says that the email is or will be delivered."""
    action = re.match(r"\w*", one_line(fields, "Action"))[0].lower()
    status = one_line(fields, "Status")
    if not (action or status) or action in NO_FAILURE or (not action and status[:1] != "5"):
        return None
    addresses = " ".join(one_line(fields, name) for name in RECIPIENT_FIELDS)
    text = re.sub(r"^[\w.-]+ ?; ?", "", one_line(fields, "Diagnostic-Code"))[:MAX_DIAGNOSTIC]
    is_about = is_about_recipient(f"{text}\n{said}")
    meaning = meaning_of(text, status, is_about_recipient=is_about)
    if meaning is Meaning.UNKNOWN:
        meaning = meaning_of(said, status, is_about_recipient=is_about)
    return Failure(
        frozenset(ADDRESS.findall(addresses)), meaning, f"{status} {text}".strip() or said[:300]
    )


def is_about_recipient(text: str) -> bool:
    """Tell whether a refusal may be the answer to the recipient, and not to another step of the
    conversation (RFC 5321, 4.1.1). With pipelining the answer to the recipient stands behind DATA,
    too, and before a complaint that there is none."""
    return not ANOTHER_STEP.search(text) or bool(NO_RECIPIENT_LEFT.search(text))


def text_before_copy(parts: list[Message]) -> str:
    """Return what a bounce says in words, up to the copy of the email that it returns."""
    texts = [decoded(part) for part in parts if isinstance(part.get_payload(), str)]
    said = "\n".join(texts)[:MAX_MARKUP]
    if "<" in said:
        first, *rest = STYLE.split(said)  # a pattern for a whole one is quadratic without its end
        outside = (STYLE_END.split(part, maxsplit=1)[-1] for part in rest)
        said = TAG.sub(" ", " ".join([first, *outside]))
    return COPY.split(said[:MAX_WORDS], maxsplit=1)[0]


def texts_of(message: Message, *, is_top: bool = True) -> Iterator[str]:
    """Yield headers and texts of all parts, decoded, but for the headers of the message itself:
    a person's reply names in them what it replies to."""
    if not is_top:
        yield from (f"{name}: {value}" for name, value in message.items())
    if message.is_multipart() and not is_encoded(message):
        for part in message.get_payload():
            yield from texts_of(part, is_top=False)
    else:
        yield decoded(message)


def is_encoded(part: Message) -> bool:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    return encoding in {"base64", "quoted-printable"}


def decoded(part: Message) -> str:
    """Return a part's text; that of a part which the standard library took for a message, and whose
    encoding it so did not undo, as well."""
    if isinstance(part.get_payload(), list):
        text = "\n".join(written(inner) for inner in part.get_payload())
        if not is_encoded(part):
            return text
        leaf = Message()
        leaf["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
        leaf.set_payload(text)
        part = leaf
    content = part.get_payload(decode=True) or b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a character set that nobody knows, or no name at all
        return content.decode("latin-1")


def written(message: Message) -> str:
    """Return a message as it came. The library's own way fails for broken ones."""
    head = "".join(f"{name}: {value}\n" for name, value in message.items())
    payload = message.get_payload()
    inner = payload if isinstance(payload, str) else "\n".join(map(written, payload or ()))
    is_cut = any(isinstance(one, MissingHeaderBodySeparatorDefect) for one in message.defects)
    return f"{head}{'' if is_cut else chr(10)}{inner}"


def header(message: Message, name: str) -> str:
    """Return a header's text with its encoded words (RFC 2047) decoded."""
    text = one_line(message, name)
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, HeaderParseError):
        return text


def one_line(message: Message, name: str) -> str:
    """Return a field's first MAX_WORDS on one line, without what no database takes."""
    text = str(message.get(name, "")).replace("\0", "")
    return " ".join(text[:MAX_WORDS].split())
