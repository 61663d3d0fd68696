"""`{% style_sheet %}`, `{% icon %}`, `{% loader %}`: what each page brings along."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from vasite.serving import inlining

register = template.Library()


@register.simple_tag
def style_sheet() -> SafeString:
    """The site's styles: in the page, or linked while the files are being worked on."""
    if rules := inlining.styles():
        return mark_safe(f"<style>{rules}</style>")  # noqa: S308 - our own file
    return format_html('<link rel="stylesheet" href="{}">', static("css/site.css"))


@register.simple_tag
def icon() -> SafeString:
    return format_html('<link rel="icon" href="{}" type="image/svg+xml">', inlining.icon())


@register.simple_tag
def loader() -> SafeString:
    return mark_safe(f"<script>{inlining.LOADER}</script>")  # noqa: S308 - our own line
