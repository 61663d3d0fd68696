from wagtail import hooks

from blog.admin import BlogGroup

hooks.register("register_admin_viewset", BlogGroup)
