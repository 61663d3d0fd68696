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
    # what RFC 5321 calls a 550, which the large providers say of a mailbox that they don't have
    ("550 Requested action not taken: mailbox unavailable", ""),
    ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "5.5.0"),
    ("550 no mail box available for this user", "5.0.0"),
    ("550 <x@example.com>... User not exist", ""),
    ("550 x@example.com is not an active address at this host", "5.0.0"),
    ("550 The recipient's address is misspelled", ""),
    ("550 5.7.1 <x@example.com>... User unknown", "5.7.1"),
    ("550 sorry, no mailbox here by that name (#5.7.17)", "5.0.0"),
    ("550 user 'x' unknown", ""),
    ("Local mailbox <x> does not exist", ""),
    ("It wasn't delivered to x@example.com because the address couldn't be found.", "5.0.0"),
    ("x@example.com wasn't found at example.com", "5.0.0"),
    ("550 unroutable address", ""),
    ("550 Undeliverable address", ""),
    ("550 x@example.com is not registered: address not registered here", ""),
    ("The recipient has a new e-mail address", ""),
    ("example.com has no mail exchanger", "5.0.0"),
    ("Unable to deliver. Please check if the address is correct.", ""),
    ("550 5.7.27 Host does not accept mail", "5.7.27"),  # RFC 7505, as one common server says it
    ("550 <x@example.com>: Recipient address rejected.", "5.0.0"),
    ("550 Empfänger unbekannt", "5.0.0"),
    ("550 Cette adresse n'existe pas", ""),
    ("550 Usuario desconocido", "5.0.0"),
    ("550 Destinatário não encontrado", ""),
    ("554 utente sconosciuto", "5.0.0"),
    ("550 Gebruiker onbekend", ""),
    ("宛先のメールボックスは存在しません", "5.0.0"),
    ("550 Kein solcher Benutzer", ""),
    ("550 Ein Postfach unter dieser Adresse wurde nicht gefunden", "5.0.0"),
    ("550 kein Postfach mit diesem Namen", ""),
    ("L'adresse indiquée plus haut n'existe pas.", "5.0.0"),
    ("550 Okänd mottagare", ""),
    ("550 Ukendt modtager", ""),
    ("550 Tuntematon vastaanottaja", ""),
    ("550 Nie ma takiego użytkownika", ""),
    ("550 Skrzynka pocztowa nie istnieje", ""),
    ("550 Пользователь не найден", ""),
    ("550 收件人不存在", ""),
    ("550 存在しないユーザです", ""),
    ("554 Rcpt <x@example.com> unknown", "5.0.0"),
    ("553 sorry, user mail-box not found (#5.7.1)", "5.0.0"),
    ("550 receiver not found", ""),
    ("550 Unrecognised recipient", ""),
    ("550 no local mailbox", ""),
    ("550 no one by that name here", ""),
    ("The address you wrote to could not be found", ""),
    ("This address no longer accepts mail.", "5.0.0"),
    ("550 this address is no longer in service", ""),
    ("550 x@example.com: address not in use", ""),
    ("The name was not found in the address book", ""),
    ("550 x: not known here", ""),
    ("Reason 1 (Unable-To-Transfer); Diagnostic 0 (Unrecognised-ORName)", "5.0.0"),  # X.400
    ("x@example.com does not have a final email delivery point", "5.0.0"),
    ("554 The domain is not reachable. Please check the domain and try again", "5.5.0"),
    ("Illegal host/domain name found", "5.0.0"),
    ("all host address lookups failed permanently", ""),
    ("550 mailbox for x@example.com unavailable", ""),
]
NOT_GONE = [
    ("550 Absenderadresse unbekannt", ""),
    ("550 Postfach voll", "5.0.0"),
    ("mda: couldn't create /var/mail/x: No such user", "5.1.1"),
    ("550 5.7.1 Recipient address rejected.", "5.7.1"),
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
    ("550 Sender address invalid", ""),
    ("550 The sender's address does not exist", ""),
    ("550 5.7.27 Sender address has null MX", "5.7.27"),
    # what RFC 5321 calls a 550 says too little beside a better reason
    ("550 5.2.1 Mailbox unavailable. Your IP address 192.0.2.1 is on a blacklist", "5.2.1"),
    ("550 Requested action not taken: mailbox unavailable due to policy", ""),
    ("450 Requested mail action not taken: mailbox unavailable", ""),
    ("550 5.2.1 mailbox unavailable", "5.2.1"),
    ("550 Your domain has no MX record", ""),
    ("Undeliverable address: x@example.com. Their mailbox is over its disk quota", ""),
    ("550 Unknown user error: quota exceeded", ""),
    ("554 5.7.1 <x@example.com>: Recipient address rejected: Access denied", "5.7.1"),
    ("550 5.7.1 Unable to relay for x@example.com", "5.7.1"),
    ("550 5.7.1 <x@example.com>: Recipient address rejected: Not allowed by policy", "5.7.1"),
    ("550 5.7.1 Message rejected", "5.1.1"),
    ("550 Your sender address could not be found", ""),
    # an account that its holder may open again
    ("550 5.2.1 This account is inactive", "5.2.1"),
    ("551 x@example.com is a deactivated mailbox", "5.0.0"),
    ("550 User unknown: the account has been suspended", "5.0.0"),
    ("550 Mailbox disabled for inactivity", ""),
    ("550 This account is no longer active", "5.0.0"),
    ("550 The mailbox x@example.com is no longer available", ""),
    ("550 mailbox not accepting mail", "5.0.0"),
    ("550 The recipient is currently not accepting any messages", ""),
    ("Name service error for name=x type=MX: Malformed or unexpected name server reply", "5.4.4"),
    ("550 We are not accepting mail with attachments", ""),
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
