"""The demo's words. The business, its owner and everybody who writes to her are made up."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

ALT_TEXTS = {
    "call": "A laptop on a table shows a smiling woman in a video call, beside a cup and a plant",
    "desk": "A tidy desk under a window: a laptop with an inbox, a red cup, books, a black pear",
    "diary": "A large wall calendar with a few days marked, above a desk with a cup",
    "events": "Bunting above a long table with three steaming cups and a plant",
    "hills": "Green hills at sunset with a white path that winds upwards",
    "inbox": "Five envelopes, the last one with a tick",
    "invoices": "Three sheets of paper side by side, the middle one with a pound sign",
    "notebook": "An open notebook with a list, two items ticked, a green pen and a cup",
    "portrait": "A drawing of Eleanor, a woman with long brown hair and a green jumper, smiling",
    "social": "Three telephones side by side, each with a post and its picture",
    "travel": "A red suitcase with a label in front of green hills",
    "worcester": "Worcester Cathedral above the river Severn with a swan in front",
}

BUSINESS = {
    "name": "Black Pear Office",
    "strapline": "Virtual assistant in Worcester for small businesses",
    "person_name": "Eleanor Marsh",
    "locality": "Worcester",
    "postcode": "WR1",
    "areas": [("area", "Worcester"), ("area", "Malvern"), ("area", "Droitwich")],
    "telephone": "01632 960 142",
    "email": "eleanor@example.com",
    "opening_hours": [
        (
            "hours",
            {
                "first_day": "Monday",
                "last_day": "Thursday",
                "opens": time(8, 30),
                "closes": time(17),
            },
        ),
        (
            "hours",
            {"first_day": "Friday", "last_day": "", "opens": time(8, 30), "closes": time(13)},
        ),
    ],
    "answers_within": "one working day",
    "price_from": Decimal(30),
    "price_unit": "hour",
    "profiles": [("profile", {"name": "LinkedIn", "url": "https://www.example.com/linkedin"})],
}

HOME = {
    "hero_title": "Your office work, done. Your evenings, yours again.",
    "introduction": "I am Eleanor. I answer mail, keep diaries, chase invoices and write the "
    "posts you never get round to, for small businesses in and around Worcester.",
    "seo_title": "Virtual assistant in Worcester – Black Pear Office",
    "search_description": "A virtual assistant in Worcester who takes over your mail, diary, "
    "invoices and social media. No minimum term, and the first call is free.",
    "closing_title": "Which task would you hand over first?",
    "closing_text": "Tell me in two sentences. I answer within one working day, and the first "
    "half hour on the telephone costs nothing.",
}
HOME_BODY = [
    ("heading", {"text": "How it works", "level": "2"}),
    (
        "steps",
        {
            "steps": [
                {
                    "title": "We talk for half an hour",
                    "text": "You tell me what piles up. I tell "
                    "you honestly what I can take over, and what you had better keep.",
                },
                {
                    "title": "You hand over one thing",
                    "text": "We begin with a single task, so "
                    "that you see how I work before you give me the keys to more.",
                },
                {
                    "title": "It gets done every week",
                    "text": "You get a short note each Friday: "
                    "what was done, what it cost, and what needs your word.",
                },
            ]
        },
    ),
]

SERVICES_INTRODUCTION = (
    "Take one or mix several. Every price is what you pay: no set-up fee, no minimum term, and "
    "only for the time worked."
)
SERVICES_BODY = [
    ("heading", {"text": "Prices", "level": "2"}),
    (
        "price_table",
        {
            "caption": "By the hour, in advance or by the month",
            "prices": [
                {
                    "name": "By the hour",
                    "amount": Decimal(30),
                    "unit": "hour",
                    "text": "Counted by the quarter of an hour, invoiced at the end of the month",
                },
                {
                    "name": "Ten hours",
                    "amount": Decimal(280),
                    "unit": "once",
                    "text": "£28 an hour, paid in advance, to be used within three months",
                },
                {
                    "name": "A day each month",
                    "amount": Decimal(210),
                    "unit": "month",
                    "text": "Seven and a half hours kept free for you",
                },
            ],
        },
    ),
    ("heading", {"text": "Questions people ask", "level": "2"}),
    (
        "faq",
        {
            "questions": [
                {
                    "question": "Is there a minimum term?",
                    "answer": "<p>No. We agree in "
                    "writing what I do and how I keep your papers safe; you can stop any week.</p>",
                },
                {
                    "question": "Do you come to my office?",
                    "answer": "<p>In Worcester, Malvern and "
                    "Droitwich, gladly. Most of the work is done from my desk, though.</p>",
                },
                {
                    "question": "Is my information safe with you?",
                    "answer": "<p>Yes. I am "
                    "registered with the Information Commissioner and insured, and I use your "
                    "accounts through a password manager, never on paper.</p>",
                },
            ]
        },
    ),
]


# Nobody said this: each is shown as a sample.
TESTIMONIALS = {
    "shoebox": (
        "In March I had two hundred unread mails and a shoebox of receipts. By May I had neither, "
        "and I had stopped working on Sundays.",
        "A café owner",
        "Great Malvern",
    ),
    "diary": (
        "Nobody has been double-booked since Easter. My clients think I hired a receptionist.",
        "A physiotherapist",
        "Droitwich",
    ),
    "invoices": (
        "She asks for my money more kindly than I ever could, and it comes.",
        "A joiner",
        "St John’s, Worcester",
    ),
}
HOME_TESTIMONIALS = ["shoebox", "diary"]


def _service(
    title: str,
    picture: str,
    price: int,
    unit: str,
    introduction: str,
    for_whom: str,
    included: list[str],
    text: list[str],
    *,
    category: str,
    packages: list[tuple[str, int, str, str]] | None = None,
    testimonial: str = "",
) -> dict[str, object]:
    return {
        "title": title,
        "picture": picture,
        "price": price,
        "unit": unit,
        "text": text,
        "introduction": introduction,
        "for_whom": for_whom,
        "included": included,
        "category": category,
        "packages": packages or [],
        "testimonial": testimonial,
    }


SERVICES = [
    _service(
        "Inbox management",
        "inbox",
        30,
        "hour",
        "You open your mail and find five that need you, in place of a hundred that don’t.",
        "For owners who read mail in bed and still miss the one that mattered.",
        [
            "A look through your mail twice a day",
            "Answers in your voice to what is routine",
            "A short list of what only you can decide",
            "Newsletters and noise unsubscribed",
        ],
        [
            "We start with an hour together: what comes in, who matters, what may wait. After that I "
            "sort, answer and file, and you get a list at nine and at three.",
            "You can always see what I sent, and for the first fortnight I send nothing before you "
            "have read it.",
        ],
        category="A calmer week",
        packages=[
            (
                "Ten hours",
                280,
                "once",
                "£28 an hour, paid in advance, to be used within three months",
            ),
            ("An inbox a month", 140, "month", "Up to five hours, read twice a day"),
        ],
        testimonial="shoebox",
    ),
    _service(
        "Diary and appointments",
        "diary",
        30,
        "hour",
        "Meetings that are confirmed, prepared and never two at once.",
        "For people who are with clients all day and can’t pick up the telephone.",
        [
            "Appointments made, moved and confirmed",
            "Reminders to your clients the day before",
            "Time kept free for your own work",
            "Directions and papers ready for each meeting",
        ],
        [
            "I work in the calendar that you already have. You tell me your rules once: no calls "
            "before ten, never on the day the children finish early. I keep to them."
        ],
        category="A calmer week",
        packages=[
            (
                "Ten hours",
                280,
                "once",
                "£28 an hour, paid in advance, to be used within three months",
            )
        ],
        testimonial="diary",
    ),
    _service(
        "Invoices and bookkeeping",
        "invoices",
        32,
        "hour",
        "Invoices go out on the day, and somebody friendly asks when they aren’t paid.",
        "For tradespeople and makers with receipts in the glove box.",
        [
            "Invoices written and sent",
            "Payments matched each week",
            "Polite reminders after seven and fourteen days",
            "Papers ready for your accountant",
        ],
        [
            "I use your software, or set up a simple one with you. What belongs to an accountant "
            "stays with yours: I make sure that she gets it sorted and in time."
        ],
        category="Money",
        packages=[("A month’s books", 128, "month", "Up to four hours, on the same day each week")],
        testimonial="invoices",
    ),
    _service(
        "Social media posts",
        "social",
        120,
        "month",
        "Two posts a week that sound like you, written a month ahead.",
        "For shops and makers who post six times in January and then not until June.",
        [
            "A plan for the month, agreed with you",
            "Eight posts with pictures of your work",
            "Comments answered or passed on to you",
            "A page of figures you can understand",
        ],
        [
            "We talk for twenty minutes at the start of the month, you send me photographs from your "
            "telephone, and I do the rest."
        ],
        category="Being found",
    ),
    _service(
        "Travel and errands",
        "travel",
        30,
        "hour",
        "Trains, rooms and parcels arranged, with one sheet that holds all you need.",
        "For people who travel for work and book at midnight.",
        [
            "Journeys planned and booked",
            "One sheet with times, places and numbers",
            "Help while you are on the way",
            "Expenses collected afterwards",
        ],
        [
            "Tell me where you have to be and when. You get two sensible choices, never twelve, and "
            "once you pick one, everything else follows."
        ],
        category="Working together",
    ),
    _service(
        "Workshops and small events",
        "events",
        350,
        "project",
        "A day for your clients or your team where you only have to turn up.",
        "For coaches, clubs and small firms in Worcestershire.",
        [
            "Rooms compared and booked",
            "Invitations and the list of guests",
            "Food, name badges, equipment",
            "Thank-you letters and the bills afterwards",
        ],
        [
            "Up to forty guests. The price is for a half-day event with one venue; larger ones get a "
            "quotation that holds."
        ],
        category="Working together",
    ),
]
ABOUT_INTRODUCTION = "Twelve years behind other people’s desks, four behind my own."
ABOUT = [
    "I ran the office of a firm of surveyors in Foregate Street until it moved to Birmingham. I "
    "stayed, because my children, my garden and the river are here, and because three of the "
    "firm’s clients asked on the same day whether I could help them instead.",
    "Today I look after eleven small businesses: a joiner, two cafés, a physiotherapist, a maker of "
    "bridles, a choir. None of them needs an office manager. All of them need a few hours a week "
    "of one.",
    "I say no when I am not the right person. I keep what I hear to myself. And when I have made a "
    "mistake, you hear of it from me first.",
]
ABOUT_END = [
    ("heading", {"text": "The plain facts", "level": "2"}),
    (
        "text",
        "<ul><li>Registered with the Information Commissioner’s Office</li><li>Insured against "
        "errors up to £250,000</li><li>At my desk four and a half days a week; a colleague "
        "covers my holidays</li></ul>",
    ),
    (
        "call_to_action",
        {"heading": "Come and ask me anything", "text": "", "button": "Get in touch", "page": None},
    ),
]
CATEGORIES = {
    "A calmer week": "Mail, meetings and evenings: small rules that give you hours back.",
    "Being found": "What to say where people look for you, without becoming a salesperson.",
    "Money": "Prices, invoices and what an hour is worth, in plain figures.",
    "Working together": "How to hand over work, and what makes it come back done.",
}
# What a post of each category ends with: heading, button, the slug of the service it leads to
ACTIONS = {
    "A calmer week": ("Too many mails, too few hours?", "How I keep inboxes", "inbox-management"),
    "Being found": ("No time to post?", "How I write your posts", "social-media-posts"),
    "Money": ("Are your invoices late?", "How I chase invoices", "invoices-and-bookkeeping"),
    "Working together": ("Which task would you hand over?", "What I take over", "inbox-management"),
}
BLOG_INTRODUCTION = "Short pieces about getting office work out of the way. One or two a month."
CONTACT = {
    "introduction": "Tell me what piles up. I answer within one working day, and the first half "
    "hour on the telephone costs nothing.",
    "search_description": "Ask Eleanor Marsh, virtual assistant in Worcester: write, ring or send "
    "the form. An answer within one working day.",
}
NEWSLETTER = {
    "invitation_title": "One letter a month",
    "invitation_text": "A way to save an hour, a tool that deserves its money, and what I got "
    "wrong. Eleanor writes it herself.",
    "introduction": "One letter a month: a way to save an hour, a tool that deserves its money, "
    "and what I got wrong.",
}
# A letter that has gone out, and one that is being written
LETTERS = [
    {
        "subject": "The week I stopped answering, {{ first name }}",
        "preheader": "What happened when three clients shared one quiet morning",
        "lines": [
            "Hello {{ first name }},",
            "three of my clients keep the same rule since March: no mail before eleven. I was the "
            "one who answered in their names, so I know what came in.",
            "Forty-one messages in the first week. Two of them could not have waited, and both "
            "senders rang. The other thirty-nine were glad of an answer by noon, or settled "
            "themselves.",
            "If you would like to try it, choose one morning, tell three people, and leave the "
            "telephone on.",
        ],
        "status": "sent",
    },
    {
        "subject": "Two hours before the tax year ends",
        "preheader": "A list to work through, and what to leave to your accountant",
        "lines": [
            "Hello {{ first name }},",
            "this is the list that I work through with every client in the last week of March.",
        ],
        "status": "draft",
    },
]
LEGAL_PAGES = {
    "Privacy": [
        "This website sets no cookies on its public pages, counts nobody and asks no other "
        "website for anything. That is why you saw no banner.",
        "What you send by the contact form is kept so that it can be answered. Comments are shown "
        "under the post with the name you gave; your address is not. The newsletter comes only "
        "after you confirmed it, and one click ends it.",
        "Ask what is stored about you, or have it deleted, by writing through the contact page.",
    ],
    "Accessibility": [
        "This website should work for everybody: with a keyboard, a screen reader, large text, in "
        "dark or light colours, with and without JavaScript. It aims at WCAG 2.2, level AA.",
        "If something gets in your way, please tell me through the contact page, and it will be "
        "mended.",
    ],
}

# The number of the post (its file in posts/), name, address, comment, status
COMMENTS = [
    (
        2,
        "Priya",
        "priya@example.com",
        "Two times a day, written under my name as you suggest. The first week was awful, the "
        "second was the quietest I have had since I opened.",
        "approved",
    ),
    (
        7,
        "Tom H.",
        "tom@example.com",
        "We tried the five parts at the workshop. The page now hangs on the wall beside the saw, "
        "and my son has stopped ringing me.",
        "approved",
    ),
    (
        5,
        "Margaret",
        "margaret@example.com",
        "I would add one thing: tell your clients where you are going. Mine thought I had been "
        "ill, and sent flowers.",
        "approved",
    ),
    (
        8,
        "Gwen",
        "gwen@example.com",
        "I did the sum with last year’s figures. £41. I had another cup of tea before I believed "
        "it.",
        "approved",
    ),
    (
        8,
        "Owen",
        "owen@example.com",
        "Nice to see somebody write down when an employee is the better choice.",
        "approved",
    ),
    (
        2,
        "Jo",
        "jo@example.com",
        "Does this also work if I share the inbox with my business partner?",
        "waiting",
    ),
    (3, "Sam", "sam@example.com", "Which software do you use for the reminders?", "waiting"),
]
ENQUIRIES = [
    (
        "Hannah Cole",
        "hannah@example.com",
        "01632 960 733",
        "I run a florist’s near the Shambles and answer mail until eleven at night. Could you "
        "take over the routine ones from January?",
        "new",
    ),
    (
        "Dev Patel",
        "dev@example.com",
        "",
        "Looking for four hours a week to keep the diary of our physiotherapy practice in "
        "Droitwich. When could we talk?",
        "new",
    ),
    (
        "Ruth Ashby",
        "ruth@example.com",
        "01632 960 518",
        "My invoices are three months behind and I am ashamed of the shoebox. Is that something "
        "you have seen before?",
        "answered",
    ),
]

EMPTY_HEADLINE = "Say in one sentence what people get from you."
EMPTY_INTRODUCTION = (
    "Then who you are and where you work. You change this in the admin under Pages, Home; the "
    "facts about your business are under Settings, Your business."
)
GUIDE_SERVICES = "Add a page for each service, with its price. They are listed here by themselves."
GUIDE_ABOUT = "Say who you are, for whom you work and why people may trust you."
GUIDE_BLOG = "Your posts appear here, newest first. Write the first one in the admin."
GUIDE_CONTACT = "Say how soon you answer. The form below works already."
GUIDE_NEWSLETTER = "Say what you write about and how often."
