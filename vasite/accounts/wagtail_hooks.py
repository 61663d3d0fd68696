from django.templatetags.static import static
from django.utils.html import format_html_join
from wagtail import hooks

SCRIPTS = ("js/session.js", "js/unsaved.js", "js/limits.js")


@hooks.register("insert_global_admin_js")
def session_scripts() -> str:
    return format_html_join("", '<script src="{}"></script>', ((static(name),) for name in SCRIPTS))
