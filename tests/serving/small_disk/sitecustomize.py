"""Keep every file smaller than a few pages of a database, as on a disk that is full."""

import resource

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
