from django.urls import path

from newsletter import views
from newsletter.feeds import campaign_feed

app_name = "newsletter"
urlpatterns = [
    path("newsletter/subscribe/", views.subscribe, name="subscribe"),
    path("newsletter/thank-you/", views.thank_you, name="thank_you"),
    path("newsletter/confirm/<str:token>/", views.confirm, name="confirm"),
    path("newsletter/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("newsletter/preferences/<str:token>/", views.preferences, name="preferences"),
    path("newsletter/go/<str:token>/", views.go, name="go"),
    path("newsletter/feed/", campaign_feed, name="feed"),
    path("comments/moderate/<str:token>/", views.moderate_by_mail, name="moderate"),
    path("comments/follow/<str:token>/", views.follow, name="follow"),
    path("comments/unfollow/<str:token>/", views.unfollow, name="unfollow"),
    path("comments/<number:page_id>/", views.comment, name="comment"),
]
