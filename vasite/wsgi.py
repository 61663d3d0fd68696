"""The WSGI application that gunicorn serves: the page cache around Django."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vasite.settings")

application = get_wsgi_application()

if not settings.DEBUG:
    from vasite.pagecache.layer import PageCache  # whose models need the apps that are now ready

    application = PageCache(application)
