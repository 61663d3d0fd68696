"""The counters that several machines share; see shared_generations.py."""

from django.db import models


class Generation(models.Model):
    """How many writes to a slot began, and how many are done."""

    slot = models.SmallIntegerField(primary_key=True)
    began = models.BigIntegerField()
    done = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.slot}: {self.began}, {self.done}"
