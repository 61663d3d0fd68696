"""The WSGI application that gunicorn serves: the page cache around Django."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from vasite.serving.content_types import WithoutParameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vasite.settings")

application = WithoutParameters(get_wsgi_application())

if not settings.DEBUG:
    # Their models need the apps that are now ready
    from vasite.pagecache.layer import PageCache
    from vasite.seo.redirects import is_redirected

    application = PageCache(application, is_redirected)
