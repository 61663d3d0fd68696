"""What a mail server's refusal means is read the same while sending and from a bounce."""

from __future__ import annotations

import pytest

from vasite.mail.refusals import Meaning, meaning_of

GONE = [
    ("550 5.1.1 <x@example.com>: Recipient address rejected: User unknown", ""),
    ("550 User unknown", "5.0.0"),
    ("user unknown", "5.1.1"),
    ("550 5.1.1 The email account that you tried to reach does not exist.", "5.1.1"),
    ("550 5.4.1 [x@example.com]: Recipient address rejected: Access denied", "5.4.1"),
    ("550 5.5.0 Requested action not taken: invalid recipient", "5.5.0"),
    ("554 delivery error: dd This user doesn't have a example.com account (x) [0]", "5.0.0"),
    ("Host or domain name not found. Name service error for name=x type=A: Host not found", ""),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", ""),
    ("556 5.1.10 Recipient address has null MX", ""),
    ("550 5.1.1 Mailbox does not exist", "5.1.1"),
    ("550 No such person at this address.", ""),
    ("550 5.1.6 Mailbox has moved", ""),
    ("550 Mailbox unavailable or access denied - <x@example.com>", ""),
    ("550 5.2.1 <x@example.com>... User Unknown", "5.2.1"),
    ("553 5.1.3 <x@example..com>... Invalid recipient", ""),
    ("", "5.1.1"),
    ("550 unrouteable address", ""),
    ("550 x@example.com is no longer with the company", ""),
    ("550", ""),
]
NOT_GONE = [
    ("550 5.7.1 Service unavailable, client host [192.0.2.1] blacklisted", "5.1.1"),
    ("552 5.2.2 over quota", "5.1.1"),
    ("550 SPF check failed: 192.0.2.1 is not allowed to send for example.com", "5.1.0"),
    ("550 5.2.1 The user you are trying to contact is receiving mail at a rate that…", "5.2.1"),
    ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", "4.2.1"),
    ("550 Too many recipients this hour, see https://example.net/limits", "5.1.3"),
    ("550 5.1.1 blocked using zen.spamhaus.org", "5.1.1"),
    ("550 5.1.0 Address rejected", "5.1.0"),
    ("553 5.1.8 <us@example.org>... Domain of sender address us@example.org does not exist", ""),
    ("550 5.7.1 relaying denied", ""),
    ("552 5.3.4 Message size exceeds fixed limit", "5.3.4"),
    ("451 4.7.1 Greylisted, please try again later", "4.7.1"),
    ("550 5.7.26 Unauthenticated email from example.org is not accepted: DMARC policy", ""),
    ("Host not found, try again", "4.4.3"),
    ("", "4.4.7"),
    ("", "5.0.0"),
    ("550 The account is temporarily suspended", "5.0.0"),
    ("554 5.2.2 mailbox full; this-user-is-unknown@example.com", "5.2.2"),
    ("550 Rejected", "5.0.0"),
    ("571 spam detected", "5.7.1"),
    # the site's own address or server, in the words that elsewhere name the mailbox
    ("550 5.1.0 <us@x.example>: Sender address rejected: User unknown in virtual table", "5.1.0"),
    ("550 5.1.1 <us@x.example>: Sender address rejected: User unknown in local table", "5.1.1"),
    ("550-Verification failed for <us@x.example> 550-No such user here 550 Sender verify fail", ""),
    ("550 HELO name invalid: unknown host", ""),
    ("550 Reverse DNS lookup failed: unknown domain", ""),
    # class 4 in the words alone
    ("450 4.1.1 <x@example.com>: Recipient address rejected: User unknown", ""),
    ("450 4.1.2 <x@example.com>: Recipient address rejected: Domain not found", ""),
    ("450 user unknown", ""),
    ("Remote host said: 451 Unknown user, LDAP down", ""),
    ("421 too many connections, host unknown", ""),
    # the precise code stands in the status alone
    ("550 mailbox not accepting mail", "5.2.2"),
    ("550 domain does not exist", "5.7.23"),
    # what passes
    ("550 account inactive: mailbox full", ""),
    ("550 5.1.1 user unknown temporarily; try later", "5.1.1"),
    ("550 Recipient unknown due to database error, please try again", ""),
    ("550 Our server is not accepting mail. too many connections", ""),
    # the sender's domain, in the words for the recipient's
    ("550 SPF check failed: domain does not exist", ""),
    ("550 Envelope sender domain does not exist", ""),
    ("550 Mail from domain not found", ""),
    ("550 invalid host name in HELO", ""),
    ("554 Client host not found; unknown host", ""),
    # words that are not known are no reason
    ("550 Postfach ist voll", ""),
    ("551 Votre boîte est pleine", ""),
    ("550 Ihre IP-Adresse steht auf einer Sperrliste", ""),
    ("550 Access denied", ""),
    ("550 Go away", ""),
]


@pytest.mark.parametrize(("text", "status"), GONE, ids=range(len(GONE)))
def test_an_address_without_a_mailbox_is_known(text: str, status: str) -> None:
    assert meaning_of(text, status, is_about_recipient=True) is Meaning.NO_MAILBOX


@pytest.mark.parametrize(("text", "status"), NOT_GONE, ids=range(len(NOT_GONE)))
def test_a_subscriber_whose_server_refused_for_another_reason_stays(text: str, status: str) -> None:
    assert meaning_of(text, status, is_about_recipient=True) is not Meaning.NO_MAILBOX


def test_a_filter_that_calls_the_user_unknown_once_it_has_the_content_ends_nobody() -> None:
    assert meaning_of("550 Unknown user", is_about_recipient=False) is Meaning.OTHER
    assert meaning_of("550 5.1.1 Unknown user", is_about_recipient=False) is Meaning.NO_MAILBOX
