from django.urls import path
from wagtail import hooks

from blog.admin import BlogGroup
from blog.starting import start_post

hooks.register("register_admin_viewset", BlogGroup)


@hooks.register("register_admin_urls")
def starting_urls() -> list:
    return [path("posts/start/<slug:shape>/", start_post, name="start_post")]
