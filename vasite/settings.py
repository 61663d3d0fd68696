"""The one settings file. What differs between sites comes from vasite.environment."""

import errno
import os
import secrets
from contextlib import suppress
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from vasite.environment import PROJECT_DIR, default_sender, read_environment
from vasite.retention import RETENTION

env = read_environment()

DEBUG = bool(env["DEBUG"])
HOST = env["HOST"]
PORT = env["PORT"]
WEB_CONCURRENCY = env["WEB_CONCURRENCY"]
SITE_URL = env["SITE_URL"] or f"http://{f'[{HOST}]' if ':' in HOST else HOST}:{PORT}"
SITE_HOST = urlsplit(SITE_URL).hostname or ""
IS_HTTPS = SITE_URL.startswith("https://")
IS_LOCAL = SITE_HOST in {"localhost", "127.0.0.1", "::1"}
# With and without www: AddressMiddleware leads from one to the other.
TWIN_HOST = SITE_HOST.removeprefix("www.") if SITE_HOST.startswith("www.") else f"www.{SITE_HOST}"
OTHER_HOSTS = [TWIN_HOST, *env["ALLOWED_HOSTS"]]
ALLOWED_HOSTS = [SITE_HOST, "localhost", "127.0.0.1", "[::1]", *OTHER_HOSTS]

# Everything that lives

DATA_DIR = (PROJECT_DIR / env["DATA_DIR"]).resolve()
_probe = DATA_DIR / "tmp" / f"write-{secrets.token_hex(4)}"
_link = _probe.with_suffix(".link")
try:
    for folder in ("media", "static", "tmp"):
        (DATA_DIR / folder).mkdir(parents=True, exist_ok=True)
    _probe.touch()
    _link.hardlink_to(_probe)  # as vasite.serving.media does
except OSError as error:
    if error.errno in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS} and _probe.exists():
        raise ImproperlyConfigured(
            f"DATA_DIR is on a disk without hard links ({error.strerror}): {DATA_DIR}. "
            "Set DATA_DIR to a folder on one that has them, such as ext4, XFS, Btrfs or ZFS."
        ) from None
    raise ImproperlyConfigured(
        f"DATA_DIR can't be written to ({error.strerror}): {DATA_DIR}. "
        "Give its folder to this user or set DATA_DIR to another one."
    ) from None
finally:
    for _path in (_link, _probe):
        with suppress(OSError):
            _path.unlink()


def _kept_secret_key(path: Path) -> str:
    """Gives the key kept at `path`, made with mode 600 the first time."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        try:
            with draft.open("w") as file:
                file.write(secrets.token_urlsafe(64))
                file.flush()
                os.fsync(file)  # else a power cut may leave the name without the key
            with suppress(FileExistsError):  # the first of two processes that start at once wins
                path.hardlink_to(draft)
        finally:
            draft.unlink()
    return path.read_text()


try:
    SECRET_KEY = env["SECRET_KEY"] or _kept_secret_key(DATA_DIR / "secret_key")
except OSError as error:
    raise ImproperlyConfigured(
        f"The secret key in DATA_DIR can't be read or made ({error.strerror}): {DATA_DIR}. "
        "Give all of DATA_DIR to this user and see that its disk has room."
    ) from None

# Database, cache, tasks

DATABASES = {"default": env["DATABASE_URL"] or {"ENGINE": "django.db.backends.sqlite3"}}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database.setdefault("NAME", DATA_DIR / "db.sqlite3")
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits at BEGIN instead of failing half-way
        "timeout": 20,
        # FULL, not NORMAL: in WAL mode NORMAL may lose the last commits in a power cut, and a
        # form that said "thank you" has promised that the message is on disk. What is deleted is
        # overwritten: who was erased is not to be read in the file's free pages.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA mmap_size=134217728; PRAGMA cache_size=-16000; PRAGMA secure_delete=ON;"
        ),
    }
    _database["CONN_MAX_AGE"] = 60  # to open it anew costs more than most pages
    _database["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    _database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

CACHES = {
    "default": env["CACHE_URL"],
    "renditions": env["CACHE_URL"],
}
PAGE_CACHE_DIR = DATA_DIR / "pagecache"
PAGE_CACHE_BYTES = 32 * 1024 * 1024  # of finished pages in each web process
PAGE_FILES = env["PAGE_FILES"]
PURGE = env["PURGE_URL"] or {}
# Several machines may share a PostgreSQL database; files can be taken away on this one only
PAGE_COUNTERS_SHARED = not (_database["ENGINE"].endswith("sqlite3") or PAGE_FILES)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# After which a long task enqueues its rest, so that emails and whatever else is due come first
SLICE_SECONDS = 5
# After which a request leaves to the worker what is still to become private; nginx waits 60 for it
HIDING_SECONDS = 20
# What the worker does by the clock: name of the task, seconds between two runs
PERIODIC_TASKS = {
    "vasite.serving.tasks.publish_scheduled_pages": 30,
    "vasite.mail.tasks.deliver_due": 30,
    "newsletter.tasks.send_campaigns": 30,
    "newsletter.tasks.read_mailbox": 300,
    "vasite.serving.tasks.prune_finished_tasks": 3600,
    "vasite.serving.tasks.delete_drafts": 86_400,
    "vasite.pagecache.tasks.clear_front": 300,
    "vasite.pagecache.tasks.trim": 3600,
    "vasite.forms.spam.tasks.forget": 3600,
    "vasite.home.tasks.send_requested_links": 60,
    "vasite.home.tasks.tell_of_waiting": 3600,
    "vasite.home.troubles.check_site": 300,
    "vasite.mail.tasks.delete_delivered": 3600,
    "vasite.serving.tasks.forget_sign_in_attempts": 3600,
    "vasite.serving.tasks.forget_sessions": 3600,
    "vasite.content.tasks.delete_old_revisions": 86_400,
    "vasite.home.tasks.forget_data_requests": 3600,
    "contact.tasks.remind": 3600,
    "newsletter.tasks.follow_up": 3600,
    "newsletter.tasks.forget_unconfirmed": 3600,
    "newsletter.tasks.take_in": 60,
    "vasite.content.tasks.move_private_images": 300,
    "vasite.content.tasks.count_words": 86_400,
    "vasite.content.tasks.complete_renditions": 86_400,
    "blog.tasks.relate_all_posts": 86_400,
    "vasite.seo.tasks.refresh_cards": 86_400,
    "vasite.seo.tasks.review_pages": 86_400,
    "vasite.seo.tasks.check_links": 86_400,
}

# What each web process does by the clock: it looks whether there is a worker
WORKER_CHECK = "vasite.home.troubles.check_worker"
WORKER_CHECK_SECONDS = 60
OPERATOR_EMAIL = env["OPERATOR_EMAIL"]  # is told of troubles in the owner's place
# Less than both is a trouble: bytes that are free, and their share of the disk
LOW_DISK = {"bytes": 2 * 1024 * 1024 * 1024, "share": 0.1}

# Apps

INSTALLED_APPS = [
    "vasite.home",
    "newsletter",
    "contact",
    "blog",
    "services",
    "vasite.business",
    "vasite.content",
    "vasite.seo",
    "vasite.accounts",
    "vasite.forms",
    "vasite.mail",
    "vasite.pagecache",
    "vasite.serving",
    "wagtail.contrib.redirects",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "anymail",
    "taggit",
    "modelcluster",
    "crispy_forms",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "vasite.serving.middleware.RequestIDMiddleware",
    "vasite.serving.middleware.RequestLogMiddleware",
    "vasite.serving.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "vasite.seo.middleware.AddressMiddleware",
    "vasite.serving.middleware.LockTimeoutMiddleware",
    "vasite.serving.middleware.UnavailableMiddleware",
    "vasite.forms.keeping.KeepTypedMiddleware",
    "vasite.serving.middleware.AdminSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "vasite.forms.guard.SameOriginMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "vasite.forms.cleaning.CleanInputMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "vasite.accounts.middleware.SessionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "vasite.urls"
FORCE_SCRIPT_NAME = ""  # the site begins at the root, whatever a request says of SCRIPT_NAME
WSGI_APPLICATION = "vasite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vasite.business.context_processors.business",
            ],
        },
    }
]

# Language and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
FORMAT_MODULE_PATH = ["vasite.formats"]
USE_I18N = True
USE_TZ = True

# Static files and media

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [PROJECT_DIR / "static", ("guide", PROJECT_DIR / "docs" / "editor" / "img")]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
PRIVATE_MEDIA_ROOT = DATA_DIR / "private"  # no web server serves it
MEDIA_BUCKET = env["MEDIA_BUCKET_URL"] or {}
STORAGES = {
    "default": {
        "BACKEND": "vasite.serving.bucket.BucketStorage",
        "OPTIONS": MEDIA_BUCKET | {"file_overwrite": False},
    }
    if MEDIA_BUCKET
    else {"BACKEND": "vasite.serving.media.MediaStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"
        if DEBUG
        else "vasite.serving.storage.BundledStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "vasite.forms.uploads.DiskUploadHandler",
]

# Forms

CRISPY_TEMPLATE_PACK = "forms"
CRISPY_ALLOWED_TEMPLATE_PACKS = ("forms",)
CRISPY_FAIL_SILENTLY = False

# How many bytes of attachments are taken by the forms: of one network in an hour, of all in an
# hour, and how many are stored in all
ATTACHMENT_BYTES = {
    "network": 60 * 1024 * 1024,
    "hour": 200 * 1024 * 1024,
    "total": 2 * 1024 * 1024 * 1024,
}
# How many bytes of messages, comments and addresses one network may have stored in an hour, each
# with what comes of it (vasite.forms.text_quota): some five hundred short messages
TEXT_BYTES_PER_HOUR = 5 * 1024 * 1024

# Mail: everything goes through the outbox, which the worker empties by MAIL_TRANSPORT

EMAIL_BACKEND = "vasite.mail.backend.OutboxBackend"
MAIL_TRANSPORT = env["EMAIL_URL"] or {}
DEFAULT_FROM_EMAIL = env["DEFAULT_FROM_EMAIL"] or default_sender(SITE_HOST)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
_, BOUNCE_ADDRESS = parseaddr(env["BOUNCE_ADDRESS"] or DEFAULT_FROM_EMAIL)
BOUNCE_MAILBOX = env["BOUNCE_MAILBOX_URL"] or None
# Reports of providers on mails that came back; without a secret of hers nobody knows one
ANYMAIL = {
    "WEBHOOK_SECRET": env["MAIL_WEBHOOK_SECRET"] or f"nobody:{secrets.token_urlsafe(32)}",
    "MAILGUN_WEBHOOK_SIGNING_KEY": env["MAILGUN_SIGNING_KEY"] or secrets.token_urlsafe(32),
}

# How many emails an hour the whole site sends because somebody typed an address, by what they are.
# The rest is held in the outbox (vasite.mail.limits).
EMAILS_PER_HOUR = {
    "subscription": 20,  # asks to confirm, or says that the address is on the list already
    "acknowledgement": 20,
    "data_request": 20,
    "erasure": 20,  # tells the owner that somebody had their data erased
    "notification": 40,  # to the owner; tell_of_waiting sums up long before that
    "password_reset": 5,
    "thread": 20,  # asks to confirm that somebody wants to hear of replies
}

# Signing in

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DJANGO_SUPERUSER = {
    key: env[f"DJANGO_SUPERUSER_{key.upper()}"] for key in ("username", "email", "password")
}
LOGIN_URL = "wagtailadmin_login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "vasite.serving.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "vasite.serving.visitors.sign_in_address"
AXES_DISABLE_ACCESS_LOG = True  # only failed sign-ins are kept, for vasite.retention's period

# Security

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_PATH = "/admin/"
# Beginning of the names of the cookies that open a private page (vasite.home.private_pages)
ACCESS_COOKIE_PREFIX = "opened-"
# In the session: a cookie of their own would go to the whole site
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# From the last time that somebody worked in the admin (vasite.accounts.middleware)
SESSION_COOKIE_AGE = int(RETENTION["sessions"].period.total_seconds())
CSRF_FAILURE_VIEW = "vasite.accounts.views.csrf_failure"
CSRF_COOKIE_HTTPONLY = False  # Wagtail's admin reads it
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_PATH = "/admin/"
CSRF_TRUSTED_ORIGINS = [SITE_URL]

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None

SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"  # Wagtail allows its own previews
# Her other subdomains (a shop, the mail) are not ours to force to https, so HSTS stays with
# this host: security.W005 asks for the subdomains, security.W021 for the preload list. The way to
# https is AddressMiddleware's, together with host and slash in one step (security.W008).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a long page in the editor has thousands

# Wagtail

WAGTAIL_SITE_NAME = "Your website"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "vasite.home.accounts.AccountPasswordResetForm"  # noqa: S105
WAGTAILADMIN_PERMITTED_LANGUAGES = [("en-gb", "British English")]
WAGTAIL_CONTENT_LANGUAGES = [("en-gb", "British English")]
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_ENABLE_UPDATE_CHECK = False  # asks another host
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # a planned time is the site's, whoever's account it is
WAGTAIL_WORKFLOW_ENABLED = False  # one person: nobody to submit to
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAILADMIN_RICH_TEXT_EDITORS = {
    "default": {
        "WIDGET": "vasite.content.widgets.WaitingRichTextArea",
        "OPTIONS": {
            "features": [
                *("h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link"),
                # pasted ones only: vasite.content.wagtail_hooks
                *("header-one", "header-four", "header-five", "header-six"),
            ]
        },
    }
}
WAGTAILIMAGES_IMAGE_MODEL = "content.SiteImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "vasite.content.image_forms.SiteImageForm"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "heic", "jpg", "jpeg", "png", "webp"]
# Where the formats look equally like the original (docs/decisions/0007-pictures.md)
WAGTAILIMAGES_AVIF_QUALITY = 60
WAGTAILIMAGES_WEBP_QUALITY = 80
WAGTAILIMAGES_JPEG_QUALITY = 80
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 25 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 64_000_000
WAGTAILDOCS_SERVE_METHOD = "serve_view"  # wherever the files lie
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "pdf", "pptx", "txt", "xlsx"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "vasite.content.search",
        "SEARCH_CONFIG": "vasite_english",
        "ATOMIC_REBUILD": False,  # one transaction for all rows would lock SQLite until its end
    }
}
WAGTAIL_APPEND_SLASH = True
TAGGIT_CASE_INSENSITIVE = True

# Logs and figures

METRICS_TOKEN = env["METRICS_TOKEN"]
SENTRY_DSN = env["SENTRY_DSN"]
if SENTRY_DSN and not find_spec("sentry_sdk"):
    raise ImproperlyConfigured(
        "SENTRY_DSN needs the package sentry-sdk. Run `sh requirements/install sentry`, or leave "
        "SENTRY_DSN out."
    )
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "vasite.serving.logs.TextFormatter"},
        "json": {"()": "vasite.serving.logs.JsonFormatter"},
    },
    "filters": {"has_traceback": {"()": "vasite.serving.logs.HasTraceback"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": env["LOG_FORMAT"],
        }
    },
    "root": {"handlers": ["stdout"], "level": "WARNING"},
    "loggers": {
        "vasite": {"level": "INFO"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        # Their lines hold paths with tokens, or people's names; ours tell the same without.
        "django.request": {"level": "ERROR", "filters": ["has_traceback"]},
        "django.security": {"level": "CRITICAL"},  # strangers' faults, each of which is a 400
        "axes": {"level": "CRITICAL"},
    },
}
