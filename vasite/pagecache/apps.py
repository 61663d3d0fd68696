import os
from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished
from django.db import connections, transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete


class PageCacheConfig(AppConfig):
    name = "vasite.pagecache"
    label = "pagecache"

    def ready(self) -> None:
        from wagtail.models import Page
        from wagtail.signals import page_unpublished, post_page_move

        from vasite.pagecache.shared_generations import UNWATCHED
        from vasite.pagecache.watching import (
            UNSEEN_COLUMNS,
            UNSEEN_TABLES,
            generations,
            watch,
            watch_calls,
            withdraw,
            writes_of,
        )

        os.register_at_fork(after_in_child=generations.cache_clear)
        UNSEEN_TABLES.update(
            {
                *("django_tasks_database_dbtaskresult", "django_session", "serving_worker"),
                *("serving_taskfault", "serving_periodicrun", "forms_replydraft"),
                *("mail_outgoingmail", "mail_outgoingmailaddress", "seo_missingaddress"),
                *("forms_trace", "forms_spamtally", "home_linkrequest"),
                *("axes_accessattempt", "axes_accessattemptexpiration", "axes_accessfailurelog"),
            }
        )
        UNSEEN_COLUMNS["wagtailcore_page"] = {
            *("draft_title", "has_unpublished_changes", "latest_revision_id", "numchild"),
            *("latest_revision_created_at", "locked", "locked_at", "locked_by_id"),
            *("go_live_at", "expire_at"),
        }

        def watch_connection(connection: Any, **kwargs: Any) -> None:
            is_watched = watch in connection.execute_wrappers
            if not is_watched and not hasattr(connection, UNWATCHED):
                connection.execute_wrappers.append(watch)
                watch_calls(connection)

        def end_writes(**kwargs: Any) -> None:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:
                    writes_of(connection).end()

        def withdraw_after_commit(sender: Any, **kwargs: Any) -> None:
            if issubclass(sender, Page):
                transaction.on_commit(withdraw)

        connection_created.connect(watch_connection, weak=False)
        request_finished.connect(end_writes, weak=False)
        for signal in (page_unpublished, post_page_move, post_delete):
            signal.connect(withdraw_after_commit, weak=False)
