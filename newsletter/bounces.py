"""Emails in which mail servers report what became of an email: bounces and complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError, MissingHeaderBodySeparatorDefect
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser
from html import unescape
from itertools import islice

from vasite.mail.refusals import ENHANCED_CODE, REPLY_CODE, Meaning, meaning_of

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
MAILBOX = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+"
ADDRESS = re.compile(rf"(?:\bSMTP=)?({MAILBOX})", re.I)  # X.400 says so of what kind it is
# Where a bounce in words comes to the next of several recipients, or to the server of the next
NEXT_RECIPIENT = re.compile(
    rf"^(?=[\s>*\"'<-]{{0,8}}(?:[45]\d\d[ -]<?|RCPT TO:<)?{MAILBOX}[>\"')]*(?:[ \t]*$|:|\.\.\.)"
    r"|[ .]*while talking to |[45]\d\d \S+ \(smtp\))",
    re.I | re.M,
)
# Who writes bounces that are no report, and what their subjects say. Nobody but a mail server calls
# itself a mailer daemon; a postmaster may be a person.
MAILER_DAEMON = re.compile(r"mailer[-_]?daemon|mail delivery (?:sub)?system|<>$", re.I)
DAEMON = re.compile(
    r"post[-_]?master|mail ?delivery|mdaemon|\bmajordomo\b|daemon@|system administrator", re.I
)
SUBJECT = re.compile(
    r"undeliver|not delivered|unable to deliver|delivery (?:has )?(?:fail|status|error|notif)"
    r"|(?:mail|message|delivery) (?:system )?(?:fail|error)|fail(?:ure|ed) (?:notice|delivery|mail)"
    r"|returned (?:mail|to sender|message)|non-?deliver|could not be delivered|bounce|mail error"
    r"|delivery report|undelivered|mail status report|warning: could not send|deliverable"
    r"|user unknown",
    re.I,
)
# What a server says that goes on trying, whatever reply it quotes, or if that is not final
WARNING = re.compile(r"warning message only|\(delay\)", re.I)
DELAY = re.compile(
    r"(?:not|n['’]t) (?:need|have) to resend|not yet been delivered"
    r"|(?:will|still)(?: be| being| continue to| keep) (?:re-?try|retried|try|trying)\b"
    r"|(?:message(?: \S+)?|delivery(?: is)?) delayed|delayed mail",
    re.I,
)
QUOTED_SUBJECT = re.compile(r"^[ \t>]*(?:Subject|Betreff):.*", re.I | re.M)
ANSWER = re.compile(r"(?:re|aw|fwd?|wg) ?:", re.I)  # in English and German
# Where a bounce without parts goes on with what it returns
COPY = re.compile(
    r"^(?:-{2,}+.*(?:copy of|original|returned|unsent|below this line|body of|enclosed|forwarded).*"
    r"|.*copy of (?:the|your) (?:original )?message.*"
    r"|[^\w\n]*(?:(?:the )?original message (?:follows|headers?)|message headers? follows?"
    r"|returned message|text of (?:the )?(?:original )?message)[^\w\n]*"
    r"|(?:return-path|received|message-id|dkim-signature):.*)$",
    re.I | re.M,
)
STYLE = re.compile(r"<(?:style|script)\b|<!--", re.I)  # what nobody sees
STYLE_END = re.compile(r"</(?:style|script)>|-->", re.I)
TAG = re.compile(r"</?[a-z][^<>@]*>", re.I)
# From the mailbox back to what the sender wrote: the first is Sendmail's
RECIPIENT_FIELDS = ("X-Actual-Recipient", "Final-Recipient", "Original-Recipient")
# How Postfix and Exim name an address, and another at which mail for it came
PASSED_ON = re.compile(
    rf"({MAILBOX})>?\s{{1,9}}\((?:expanded|generated) from:?\s{{1,9}}<?({MAILBOX})", re.I
)
RECIPIENT_FIELD = re.compile(
    r"^(?:(?:Original-Recipient|Action|Status|Remote-MTA|Diagnostic-Code):.*\n(?:[ \t].*\n)*){0,10}"
    r"Final-Recipient:",
    re.I | re.M,
)
NEXT_FIELDS = re.compile(r"\n(?=(?:Original-Recipient:.*\n)?Final-Recipient:)", re.I)
ANOTHER_STEP = re.compile(
    r"(?:end of|reply to|response to|after|command:?)\s+(?:the\s+|end\s+of\s+)*"
    r"(?:DATA|initial\s+connection|MAIL(?:\s+FROM)?|EHLO|HELO)\b"
    r"|my\s+name\s+was\s+rejected|>>>\s+(?:DATA|MAIL\s+FROM\S*)\s+<<<\s+5",
    re.I,
)
NO_RECIPIENT_LEFT = re.compile(r"need rcpt|valid recipient|rcpt first|no recipients|to RCPT", re.I)
NO_FAILURE = {"delayed", "delivered", "relayed", "expanded"}  # RFC 3464, 2.3.3
COMPLAINTS = {"abuse", "fraud"}  # RFC 5965, 7.3: those that readers send
JAPANESE = "\x1b$"  # begins it in ISO-2022-JP, whether or not a part names that (RFC 1468)
HOTMAIL = re.compile(r"staff@(?:hotmail|outlook|live|msn)\.", re.I)


@dataclass
class Failure:
    """What a report says of one recipient; `addresses` are those of the mailbox, if it is named."""

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
    groups = [group for part in parts for group in groups_of(part)]
    is_feedback = any(part.get_content_type() == "message/feedback-report" for part in parts)
    returned = returned_by(message)
    if is_feedback:
        kinds = {one_line(group, "Feedback-Type").lower() for group in groups}
        return Report(returned, is_complaint=bool(kinds & COMPLAINTS))
    if HOTMAIL.search(header(message, "From")) and len(list(message.walk())) > len(parts):
        return Report(returned, is_complaint=True)
    if not groups and not is_bounce(message):
        return None
    said = text_before_copy(parts)
    if not any(map(is_of_recipient, groups)):  # a gateway's notice around a report
        groups = [group for part in message.walk() for group in groups_of(part)]
    if not any(map(is_of_recipient, groups)):  # one whose parts are broken
        groups = written_groups("\n".join(map(decoded, parts))[:MAX_MARKUP])
    recipients = [group for group in groups if is_of_recipient(group)][:MAX_GROUPS]
    if not recipients:
        return Report(returned, failures_in_words(message, said))
    texts = words_by_recipient(said)
    failures = [failure for group in recipients if (failure := failure_of(group, said, texts))]
    return Report(returned, failures)


def returned_by(message: Message) -> str:
    """Return all that a message holds of an email and about it."""
    return "\n".join(texts_of(message))[:MAX_TEXT]


def gist_of(message: Message) -> str:
    """Return who sent a message, its subject and what it says before a copy of an email."""
    said = text_before_copy(list(own_parts(message)))
    return f"{header(message, 'From')}\n{header(message, 'Subject')}\n{said.strip()}"


def is_bounce(message: Message) -> bool:
    """Tell whether a message without a report's parts is a mail server's notice of failure."""
    if message.get("X-Failed-Recipients") or is_of_delivery(message):
        return True
    sender, path = header(message, "From").strip(), str(message.get("Return-Path", "x")).strip()
    if MAILER_DAEMON.search(sender):
        return True
    if is_answer(message):
        return False
    is_daemon = bool(DAEMON.search(sender))
    has_no_sender = path in {"<>", "<#@[]>", ""} or bool(MAILER_DAEMON.search(path))
    has_subject = bool(SUBJECT.search(header(message, "Subject")))
    return (is_daemon or has_no_sender) and (has_subject or (is_daemon and has_no_sender))


def is_of_delivery(message: Message) -> bool:
    """Tell whether a message calls itself a report on delivery, though its fields are gone."""
    kind = str(message.get_param("report-type", "")).lower()
    return message.get_content_type() == "multipart/report" and kind == "delivery-status"


def is_answer(message: Message) -> bool:
    """Tell whether a person answers or passes something on, or their mailbox does so by itself:
    without a sender, as a bounce is (RFC 3834, 3.3), and under a subject of ours, which may speak
    of bouncing back. Postfix writes `auto-replied` into its bounces, too, which come from a daemon.
    """
    is_automatic = header(message, "Auto-Submitted").lower().startswith("auto-replied")
    is_answer = any(name in message for name in ("In-Reply-To", "X-Autoreply", "X-Autorespond"))
    return is_automatic or is_answer or bool(ANSWER.match(header(message, "Subject")))


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
    blocks = islice(blocks_of(decoded(part)), 1 + MAX_GROUPS)
    return [HeaderParser().parsestr(block) for block in blocks]


def written_groups(text: str) -> list[Message]:
    """Return the groups of fields about recipients that stand somewhere in a text."""
    starts = (RECIPIENT_FIELD.search(block) for block in blocks_of(text))
    return [HeaderParser().parsestr(start.string[start.start() :]) for start in starts if start]


def blocks_of(text: str) -> Iterator[str]:
    """Yield a text's blocks between blank lines, which some servers leave out after a recipient."""
    for block in re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").strip()):
        recipients = NEXT_FIELDS.split(block)
        yield from recipients if len(recipients) > 2 else [block]


def is_of_recipient(fields: Message) -> bool:
    """Tell whether a group of fields is about a recipient and not about the email."""
    return "Action" in fields or "Status" in fields


def failure_of(fields: Message, said: str, texts: dict[str, str]) -> Failure | None:
    """Return what a group of fields says of one recipient (RFC 3464, 2.3); None where it says that
    the email is or will be delivered. `texts` are those of `words_by_recipient`."""
    action = re.match(r"\w*", one_line(fields, "Action"))[0].lower()
    status = one_line(fields, "Status")
    if not (action or status) or action in NO_FAILURE or (not action and status[:1] != "5"):
        return None
    addresses = addresses_of(fields)
    said = words_about(addresses, texts) or said
    text = re.sub(r"^[\w.-]+ ?; ?", "", header(fields, "Diagnostic-Code"))[:MAX_DIAGNOSTIC]
    is_about = is_about_recipient(f"{text}\n{said}")
    meaning = meaning_of(text, status, is_about_recipient=is_about)
    if meaning is Meaning.UNKNOWN:
        meaning = meaning_of(said, status, is_about_recipient=is_about)
    return Failure(addresses, meaning, f"{status} {text}".strip() or said[:300])


def addresses_of(fields: Message) -> frozenset[str]:
    """Return the addresses of the mailbox that a group of fields is about.

    That is the one of Final-Recipient (RFC 3464, 2.3.2). Original-Recipient is what the sender
    wrote (2.3.1): another name of the same mailbox within one domain, but not where the server of
    that address forwarded the email to another domain. It still takes email then, whatever becomes
    of it there.
    """
    named = [frozenset(ADDRESS.findall(one_line(fields, name))) for name in RECIPIENT_FIELDS]
    failed = next(filter(None, named), frozenset())
    others = frozenset[str]().union(*named)
    return failed | {other for other in others if any(is_near(other, one) for one in failed)}


def is_near(one: str, other: str) -> bool:
    """Tell whether two addresses are of one domain, or of it and a domain below, as a company's
    servers inside have them."""
    domains = [f".{address.rpartition('@')[2].lower()}" for address in (one, other)]
    return domains[0].endswith(domains[1]) or domains[1].endswith(domains[0])


def addresses_in(said: str) -> frozenset[str]:
    """Return the addresses in a text, but for those that it names as forwarded to another domain,
    as `addresses_of` does."""
    passed_on = PASSED_ON.findall(said)
    forwarded = {source for target, source in passed_on if not is_near(target, source)}
    return frozenset(ADDRESS.findall(said)) - forwarded


def failures_in_words(message: Message, said: str) -> list[Failure]:
    """Return what a bounce without fields says of each recipient, or of all whom it names."""
    if is_delay(header(message, "Subject"), said):
        return []
    failed = frozenset(ADDRESS.findall(one_line(message, "X-Failed-Recipients")))
    texts = words_by_recipient(said)
    each = [frozenset({address}) for address in texts][:MAX_GROUPS]
    failures = []
    for addresses in each or [failed or addresses_in(said)]:
        text = words_about(addresses, texts) or said
        meaning = meaning_of(text, is_about_recipient=is_about_recipient(text))
        failures.append(Failure(addresses, meaning, " ".join(text.split())[:500]))
    return failures


def is_delay(subject: str, said: str) -> bool:
    """Tell whether a server goes on trying, by its own words: a newsletter's subject, which stands
    behind a colon in the bounce's or in a field of its own, may speak of delays."""
    own = f"{subject.partition(':')[0]}\n{QUOTED_SUBJECT.sub('', said)}"
    codes = ENHANCED_CODE.findall(own) + REPLY_CODE.findall(own)
    is_final = any(code.startswith("5") for code in codes)
    return bool(WARNING.search(own)) or (bool(DELAY.search(own)) and not is_final)


def words_about(addresses: frozenset[str], texts: dict[str, str]) -> str:
    """Return what the texts of `words_by_recipient` say of a recipient; empty if nothing."""
    return "\n".join(text for address, text in texts.items() if address in addresses)


def words_by_recipient(said: str) -> dict[str, str]:
    """Return what a text says of each recipient whom it comes to at the beginning of a line;
    nothing if there is but one."""
    texts: dict[str, str] = {}
    introduction, *rest = NEXT_RECIPIENT.split(said)
    for text in rest:
        if named := ADDRESS.search(text.lstrip().partition("\n")[0]):
            texts[named[1]] = texts.get(named[1], introduction) + text
    return texts if len(texts) > 1 else {}


def is_about_recipient(text: str) -> bool:
    """Tell whether a refusal may be the answer to the recipient, and not to another step of the
    conversation (RFC 5321, 4.1.1). With pipelining the answer to the recipient stands behind DATA,
    too, and before a complaint that there is none."""
    return not ANOTHER_STEP.search(text) or bool(NO_RECIPIENT_LEFT.search(text))


def text_before_copy(parts: list[Message]) -> str:
    """Return what a bounce says in words, up to the copy of the email that it returns."""
    texts = [decoded(part) for part in parts if not part.is_multipart()]
    said = "\n".join(texts)[:MAX_MARKUP]
    if "<" in said:
        first, *rest = STYLE.split(said)  # a pattern for a whole one is quadratic without its end
        outside = (STYLE_END.split(part, maxsplit=1)[-1] for part in rest)
        said = unescape(TAG.sub(" ", " ".join([first, *outside])))
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
    if part.is_multipart():
        text = "\n".join(written(inner) for inner in part.get_payload())
        if not is_encoded(part) and JAPANESE not in text:
            return text
        leaf = Message()
        leaf["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
        leaf.set_payload(text)
        part = leaf
    content = part.get_payload(decode=True) or b""
    if JAPANESE.encode() in content:
        return content.decode("iso2022_jp", "replace")
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a character set that nobody knows, or no name at all
        return content.decode("latin-1")


def written(message: Message) -> str:
    """Return a message as it came. The library's own way fails for broken ones."""
    head = "".join(f"{name}: {value}\n" for name, value in message.items())
    try:
        payload = message.get_payload()
    except ValueError:  # a character set whose name holds a NUL
        payload = ""
    inner = payload if isinstance(payload, str) else "\n".join(map(written, payload or ()))
    is_cut = any(isinstance(one, MissingHeaderBodySeparatorDefect) for one in message.defects)
    return f"{head}{'' if is_cut else chr(10)}{inner}"


def header(message: Message, name: str) -> str:
    """Return a header's text with its encoded words (RFC 2047) decoded."""
    text = one_line(message, name)
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, MessageError):
        return text


def one_line(message: Message, name: str) -> str:
    """Return a field's first MAX_WORDS on one line, without what no database takes."""
    text = str(message.get(name, "")).replace("\0", "")
    return " ".join(text[:MAX_WORDS].split())
