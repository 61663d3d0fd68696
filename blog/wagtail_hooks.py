from wagtail import hooks

from blog.admin import PostViewSet

hooks.register("register_admin_viewset", PostViewSet)
