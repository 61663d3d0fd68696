"""Make the web processes of a test's site look for a worker at once, not after a minute."""

import vasite.settings

vasite.settings.WORKER_CHECK_SECONDS = 0.2
