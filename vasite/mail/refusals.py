"""What a mail server's refusal means: the one table that sending and bounces share."""

from __future__ import annotations

import re
from enum import Enum

# RFC 3463, 2: class, subject and detail. A reply code such as 550 may stand before it.
ENHANCED_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
# Bounded as an address is (RFC 5321, 4.5.3.1), or a long word without one takes seconds
ADDRESS = re.compile(r"<[^<>\s]{0,64}@[^<>\s]{0,255}>|[^\s<>:;,()\[\]]{1,64}@[\w.-]+")
REPLY_CODE = re.compile(r"(?<![\d.])[45]\d\d(?=[ -]|$)")
BLANKS = re.compile(r"[\s_-]+")
ANY_WORD = re.compile(r"[^\W\d_]{2}")


class Meaning(Enum):
    """What a refusal says of the mailbox that was written to."""

    NO_MAILBOX = "no such mailbox"  # nor will there be: writing there again is useless
    OTHER = "another reason"  # the mailbox may be well: full, a block list, a limit, the content
    UNKNOWN = "unknown"


# RFC 3463, 3 and the IANA registry of enhanced codes, of those that are final (5.x.x). 5.1.0 says
# too little, 5.1.7 and 5.1.8 are about the sender, and a mailbox that is disabled (5.2.1) may come
# back.
NO_MAILBOX_CODES = {"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "4.4"}
OTHER_CODE = re.compile(r"1\.[789]$|2\.[1-4]$|3\.|4\.(?!4$)|6\.|7\.")
# The sender, full, too large, policy; but many put 5.7.0 and 5.7.1 before any words at all, a null
# MX (RFC 7505, 4) may be the recipient's, and a mailbox's owner may have changed (RFC 7293, 14)
DECISIVE_CODE = re.compile(r"1\.[78]$|2\.[23]$|3\.4$|7\.(?!(?:0|1|17|18|27)$)")


def words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern for any of some phrases, in a text with one blank between two words."""
    return re.compile("|".join(alternatives), re.I)


# Whoever takes it from some, or some of it, is there
ANY_MAIL = r"(?:any )?(?:e ?)?mail(?!s? (?:from|with|that|of)\b)"
# Phrases of Postfix, Exim, Sendmail, qmail, Exchange, Gmail, Outlook, Yahoo, iCloud, AOL, Domino,
# Courier and others. What names the mailbox itself comes first, then what is no fault of it.
NO_MAILBOX_WORDS = words(
    r"(?:user|recipient|rcpt|receiver|mail ?box|account|addressee|address|local part|username|alias"
    r"|person|inbox)s?(?: name| address)?(?: you [a-z]+(?: to(?: [a-z]+)?)?)?"
    r"(?: (?:is|are|was|has been)|:)?"
    r"(?: [^\s@]{0,64}@[^\s@]*| [\"'<(\[][^\s@]{1,64}[\"'>)\]])?"
    r"(?: is| are| was|:)?"
    r"(?: either| currently)?"
    r" (?:unknown|not known|invalid|not found|not recogni[sz]ed|not valid|non ?existent|not listed"
    r"|not here|not local|(?:do(?:es)? ?)?n[o'’]t exist|wrong|incorrect|misspel\w+"
    r"|not registered|(?:could not|couldn['’]t|cannot|can['’]t) be found)",
    r"(?:was not|was ?n['’]t) found at",
    r"(?:unknown|no such|no local|invalid|bad|illegal|non ?existent|unroute?able|unrecogni[sz]ed"
    r"|not our"
    r"|not an? (?:valid|known|active|existing|registered|deliverable|current))"
    r" (?:local |virtual |mail ?|e ?mail |destination |or \w+ )?"
    r"(?:user|recipient|mailbox|account|address|local part|person|alias|username|customer"
    r"|addressee)(?!s? (?:error|list|verification|quota|size|full|has exceeded|is full|is over))",
    r"no (?:valid recipients|mail ?box here|such (?:name|one|domain|host|person)|matches to"
    r"|one by that name"
    r"|mail ?box (?:found|available for|by that name)|account (?:found|by that name)"
    r"|user by that name)",
    r"(?:could not|couldn['’]?t|can['’]?t|cannot|can not|unable to)(?: be)? (?:find|verify|found)"
    r"(?: \w+){0,3} (?:user|recipient|mailbox|account|address)",
    r"(?:do|does|did)(?:es)? ?n[o'’]t (?:exist|have (?:an? )?(?:\S+ )?(?:account|mailbox))",
    rf"no longer (?:(?:accepts?|receives?) {ANY_MAIL}|exists?|in use|in service|valid|here|at|on"
    r"|with|works?|employed|an? employee)",
    r"(?:user|account|mailbox|address|recipient)s?(?: \S+)?"
    r" (?:is |has been |was |are |now |permanently )*(?:discontinued|closed|terminated"
    r"|deleted|removed|retired|cancell?ed)",
    r"(?:discontinued|closed) (?:user|account|mailbox|recipient)",
    r"(?:user|mailbox|recipient|[^\s@]@[^\s@]+)(?: has)? (?:moved|left)",
    r"address (?:has )?changed",
    r"has a new (?:e ?mail )?address",
    r"not listed in (?:the )?(?:domino|directory|public)",
    r"(?:address|recipient|mail ?box|user|account)(?: is)? not in (?:use|service|our database)",
    r"not found in (?:the |our )?address book",
    r"not known (?:here|at this)",
    r"unrecogni[sz]ed or ?name",
    r"final e ?mail delivery",
    r"recipient(?: name)? (?:is )?not recogni",
    r"recipnotfound",
    r"badrecipient",
    r"unknown ?user",
    r"user ?unknown",
    r"unroute?able (?:mail )?(?:domain|address)",
    r"(?:host|domain)(?: name| or domain name)?(?: \S+)?(?: is)?"
    r" (?:unknown|not found(?!,? try)|non ?existent|does ?n[o'’]t exist)",
    r"(?:unknown|no such|bad|invalid|non ?existent) (?:host|domain)",
    r"host not found(?!,? try)",
    r"domain is not reachable",
    r"illegal host",
    r"lookups failed permanently",
    r"nxdomain",
    r"name or service not known",
    rf"(?:does not|does ?n['’]t|not|never) accept(?:ing|s)? {ANY_MAIL}",
    rf"does ?n['’]t receive {ANY_MAIL}",
    r"no smtp service",
    r"null mx",
    r"no mx (?:record )?(?:found )?for",
    r"invalid final delivery userid",
    r"mailbox unavailable or access denied",
    r"recipient (?:address )?rejected: (?:access denied"
    r"|undeliverable|user (?:unknown|not)|no such|invalid|unknown|not found)",
    # German, French, Spanish and Portuguese, Italian, Dutch, Swedish, Danish and Norwegian,
    # Finnish, Polish, Russian, Chinese, Japanese
    r"\b(?:empf[äa]nger(?:adresse)?|benutzer|postfach|adresse)(?: ist| wurde)?"
    r" (?:unbekannt|existiert nicht|nicht (?:bekannt|gefunden|vorhanden))",
    r"(?:unbekannter|kein solcher) (?:benutzer|empf[äa]nger)",
    r"kein (?:benutzer|postfach) mit diesem namen",
    r"\b(?:utilisateur|destinataire|adresse|bo[îi]te(?: aux lettres)?)(?: est)?"
    r" (?:inconnue?|introuvable|inexistante?|n['’]existe pas)",
    r"\badresse [^.\n]{1,40} n['’]existe pas",
    r"\b(?:usu[áa]rio|destinat[áa]rio|buz[óo]n|cuenta|conta|direcci[óo]n|endere[çc]o)"
    r"(?: de correo)? (?:des(?:conocid|conhecid)[oa]|inexistente|n[oã]o? (?:existe|encontrad[oa]))",
    r"\b(?:utente|destinatario|casella|indirizzo)"
    r" (?:sconosciut[oa]|inesistente|non (?:esiste|trovat[oa]))",
    r"\b(?:gebruiker|ontvanger|postbus|adres) (?:onbekend|bestaat niet|niet gevonden)",
    r"\b(?:ok[äa]nd|ukendt|ukjent)"
    r" (?:mottagare|anv[äa]ndare|modtager|bruger|mottaker|bruker)",
    r"\btuntematon (?:vastaanottaja|k[äa]ytt[äa]j[äa])",
    r"\bnie ma takiego (?:u[żz]ytkownika|adresu|konta)",
    r"\b(?:u[żz]ytkownik|adresat|konto|skrzynka)(?: pocztowa)? (?:nieznan[yae]|nie istnieje)",
    r"(?:пользователь|получатель|адрес|ящик)(?: \S+)? не (?:найден|существует|зарегистрирован)",
    r"(?:用户|收件人|邮箱|地址|[帐账]号)[^。\s]{0,10}不存在",
    r"存在しない(?:ユーザ|宛先|アドレス|メール)",
    r"(?:ディレクトリ|リスト|ユーザ|宛先|アドレス|メールボックス)[^。\s]{0,20}"
    r"(?:見つかりません|ありません|存在しません)",
)
# What names the sender or the site's server in words that elsewhere name the mailbox: Postfix says
# "Sender address rejected: User unknown", Exim "No such user here. Sender verify failed"
ABOUT_SENDER = words(
    r"sender (?:rejected|verif\w+)",
    r"\b(?:sender|from|envelope|return path)(?:['’]s)? (?:e ?mail )?address(?! (?:book|list))",
    r"domain of (?:the )?sender",
    r"(?:sender|envelope|mail from|\bfrom|return path) domain",
    r"\b(?:spf|dkim|dmarc|helo|ehlo|rbl|dnsbl|(?<!from )ptr|(?:fc)?rdns)\b",
    r"reverse (?:dns|lookup|mapping)",
    r"client host",
    r"unknown (?:client )?host \[",
    r"5\.7\.1 \S+ recipient address rejected: access denied",  # of clients that are not permitted
)
# What passes, whatever else is said
FOR_NOW = words(
    r"over ?(?:\w+ )?quota",
    r"quota (?:is |was |has been )?exceeded",
    r"(?:mail ?box|inbox|account)(?: is)? full",
    r"temporar\w+",
    r"(?:try|retry) (?:again )?later",
    r"please try again",
    r"too many",
    # of a mailbox (RFC 3463, 3.3: 5.2.1), not of a host, which never will
    r"(?:user|recipient|mail ?box|account)(?: \S+){0,3}? (?:not|n['’]t) accept(?:ing)?"
    r" (?:any )?(?:e ?mails?|mail|messages?)\b",
    # of a delivery program that has trouble with its own files
    r"(?:could not|couldn['’]?t|cannot|can['’]?t|unable to) (?:create|open|lock|write)",
)
NO_ACCOUNT = words(r"user does ?n[o'’]t have an? \S+ account")
# A mailbox that may come back, or a policy: but for a precise code this counts before words that
# name it, as many servers say "user unknown" of one
SUSPENDED = words(
    r"(?:account|user|mailbox|recipient)(?: \S+){0,6}?"
    r" (?:is |has been |was |temporarily |currently )*(?:disabled|suspended|locked|frozen|on hold"
    r"|restricted|inactive|deactivated|expired)",
    r"(?:disabled|suspended|inactive|deactivated|expired) (?:user|account|mailbox|recipient)",
    r"(?:rejected|refused|denied|blocked) (?:due to|by|for) (?:\w+ )?polic(?:y|ies)",
)
# What the account's holder or their provider may undo tomorrow, beside what is looked for before
OTHER_WORDS = words(
    r"quota",
    r"(?:mail ?box|mail ?folder|inbox|folder|dis[ck]|storage|account)\S{0,40}(?: \S{1,40}){0,4}"
    r" (?:full|exceeded|over)",
    r"(?:out of|not enough|insufficient|no|full) (?:dis[ck] |system |storage )?(?:space|storage)",
    # in the languages of the words above
    r"\b(?:voll|[üu]berf[üu]llt|pleine?|satur[ée]e?|llen[oa]|chei[oa]|pien[oa]|(?:is|zit) vol)\b",
    r"(?:postkasse|brevl[åa]da|inkorg|innboks|indbakke)\w{0,9} (?:[äe]r )?(?:full|fuld|fyldt)",
    r"t[äa]ynn[äa]|(?:prze)?pe[łl]n[aey]\b|(?:пере|за)полнен|已满|一杯|いっぱい",
    r"(?:too|max\w*|exceed\w*) (?:large|big|size|long)",
    r"exceed\w*",
    r"\blimits?\b",
    r"inactivity",
    r"no longer (?:active|available|monitored)",
    r"too (?:many|much|fast|frequent\w*|often)",
    r"rate ?(?:limit\w*|control)",
    r"at a rate",
    r"throttl\w+",
    r"(?:try|retry) (?:again )?(?:later|in)",
    r"gr[ea]y ?list\w*",
    r"transient",
    r"black ?list\w*",
    r"block ?list\w*",
    r"(?<!un)blocked",
    r"deny ?list\w*",
    r"dnsbl",
    r"spamhaus",
    r"spamcop",
    r"barracuda\w*",
    r"sorbs",
    r"\b[cpsx]bl\b",
    r"reputation",
    r"banned",
    r"abuse",
    r"(?:listed|found) (?:at|in|on|by) \S+\.\S+",
    r"\b(?:spam|junk)\w*",
    r"virus",
    r"malware",
    r"phish\w*",
    r"unsolicited",
    r"bulk",
    r"suspicious",
    r"content (?:reject\w*|filter\w*|not)",
    r"polic(?:y|ies)",
    r"prohibit\w*",
    r"preferences",
    r"not (?:authori[sz]ed|allowed|permitted)",
    r"unauthori[sz]ed",
    r"forbidden",
    r"looks like",
    r"(?:message|mail|content) (?:was |has been )?(?:rejected|refused)",
    r"refused due",
    r"^(?:5\d\d)? ?(?:rejected|refused|denied)",
    r"loop\w*",
    r"dmarc",
    r"authenticat\w+",
    r"relay\w*",
    r"(?:accept|receiv)\w{0,3} (?:any )?(?:e ?)?mails? from",
    r"sender",
    r"from address",
    r"return path",
    r"your (?:ip|host|server|domain|mail server|network)",
    r"client ip",
    r"mismatch\w*",
    r"\btls\b",
    r"starttls",
    r"timed? ?out",
    r"connection (?:refused|reset|timed|closed|dropped|lost|failed)",
    r"network (?:is )?unreachable",
    r"no route to host",
    r"expired",
    r"hop ?count",
    r"too old",
    r"(?:could not|couldn['’]?t|cannot|unable to) connect",
    r"service (?:un|not )available",
    r"(?:system|internal|local|configuration|server) (?:error|problem)",
    r"not responding",
    r"name server",
    r"out of (?:memory|resources)",
    r"for (?:the )?(?:last|past) \d+ (?:hours|days)",
)
# What counts where no code and no other word says more: RFC 5321, 4.2.3 words every 550 so
WEAK_WORDS = words(
    r"(?:mail ?box|recipient|address)(?: for @)?(?: is)? (?:un|not )available",
    r"undeliverable address",
    r"recipient (?:address )?(?:rejected|refused)[.!]?$",
    r"no (?:valid )?(?:mail exchangers?|mx)",
    r"(?:check|verify) (?:if|that|whether) (?:\S+ ){0,4}address \S+ (?:correct|valid|right)",
)


def meaning_of(text: str, status: str = "", *, is_about_recipient: bool = False) -> Meaning:
    """Return what a refusal means: `text` is what the server said, `status` the enhanced code that
    a report gives beside it.

    The most precise code counts first where it names another reason; then words that name the
    sender, something that passes or a suspension, words that name the mailbox, words that name
    another reason, codes, words that say little, and last a reply code without a word. What is of
    class 4 never means that there is no mailbox; nor do words in answer to the content (not
    `is_about_recipient`), as some filters say "user unknown" of what they dislike.
    """
    text = ADDRESS.sub("@", text)  # which may look like words or codes
    codes = ENHANCED_CODE.findall(text)
    said = [code[2:] for code in codes if code[0] == "5"]
    given = [code[2:] for code in ENHANCED_CODE.findall(status)]
    classes = {code[0] for code in codes or REPLY_CODE.findall(text)}
    # Were each phrase to look for runs of blanks itself, a long one would take it hours
    text = BLANKS.sub(" ", text).strip()
    is_class_4 = status.startswith("4") or (not status and classes == {"4"})
    if is_class_4 or any(map(DECISIVE_CODE.match, said or given)):
        return Meaning.OTHER
    if ABOUT_SENDER.search(text) or FOR_NOW.search(text):
        return Meaning.OTHER
    is_named = any(code in NO_MAILBOX_CODES for code in [*said, *given])
    if not (is_about_recipient or is_named or NO_ACCOUNT.search(text)):
        return Meaning.OTHER
    if not is_named and SUSPENDED.search(f"{status} {text}"):
        return Meaning.OTHER
    if NO_MAILBOX_WORDS.search(text):
        return Meaning.NO_MAILBOX
    if SUSPENDED.search(text) or OTHER_WORDS.search(text):
        return Meaning.OTHER
    for code in [*said, *given]:
        if code in NO_MAILBOX_CODES:
            return Meaning.NO_MAILBOX
        if OTHER_CODE.match(code):
            return Meaning.OTHER
    if WEAK_WORDS.search(text):
        return Meaning.NO_MAILBOX
    reply = REPLY_CODE.search(text)
    is_final = reply is not None and not said and reply[0] in {"550", "551", "553"}
    is_wordless = not ANY_WORD.search(text)  # or what it says may be in a language not read here
    return Meaning.NO_MAILBOX if is_final and is_wordless else Meaning.UNKNOWN
