"""Everything that can stop heliu, by the person that has to act; each class is one exit code.

::

    HeliuError                      1
    ├── ConfigError                 2   the operator edits the configuration or the command; its
    │   │                               kinds (jobs/config_errors.py) have codes of their own
    │   └── UnknownEncoding         3   `encoding` names nothing we can decode
    ├── DeliveryError                   the partner must act
    │   ├── DeliveryMissing        10   a path or pattern that matches no file
    │   ├── DeliveryUnreadable     11   truncated, corrupt, or not the declared format
    │   ├── TextColumnMissing      12   no such column in what was delivered
    │   ├── TooManyRejects         13   more rejected rows than the partner's agreed share
    │   └── DeliveryChanged        14   other bytes than when the build began
    ├── SchemaError                20   a table does not have its schema: a programmer acts
    ├── ConservationError          21   counts do not add up: everything is kept, look
    ├── TaskError                  22   a shard task failed for an unforeseen reason
    ├── DamagedTable               23   a table between stages is not what was written; run again
    ├── ComputeError               24   Ray cannot be reached or started
    ├── DoesNotFit                 25   a build needs more disk or memory than there is
    ├── StorageError               30   the store refused or cannot be reached
    │   ├── StorageUnwritable      31   the root cannot be written
    │   ├── ObjectMissing          32   no object under that key
    │   ├── AlreadyPublished       33   the version exists with other content, forever
    │   ├── ReleaseMissing         34   no such corpus or release in this root
    │   ├── LostRace               35   another writer committed first; run again
    │   └── OutcomeUnknown         36   the commit may or may not have landed; run again to learn
    ├── DamagedRelease             40   bytes or counts differ from the manifest
    │   └── DamagedMetadata        42   the log or a manifest is not what was published
    ├── RedactedRelease            43   rows were redacted since the release was pinned
    ├── SignatureInvalid           44   no signature of that key, or one of something else
    ├── NotAccepted                45   a review that the release needs is lacking or failed
    ├── LossAlarm                  41   a partner or site lost more rows than the alarm allows
    └── Defect                     70   what no one foresaw: please report it

The code of an error, as HL0202, is its exit code and the number of its kind: it never changes its
meaning. `heliu help HL0202` explains it, from `jobs/command/errors.yaml`.

Constructors take one message, so that errors survive pickling between processes. Secrets in the
addresses of a message are taken out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.redaction import redacted


@contextmanager
def unforeseen(handle: Callable[[Exception], None]) -> Iterator[None]:
    """Call `handle` with whatever error ends the body: for the end of a program or a task alone."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  the one place that catches everything
        handle(error)


class HeliuError(Exception):
    """The base of every error heliu raises on purpose."""

    exit_code = 1
    kind = 0

    def __init__(self, message: str = "") -> None:
        """Keep the message without secrets."""
        super().__init__(redacted(message))

    @classmethod
    def code(cls) -> str:
        """Return the code by which `heliu help` explains the error."""
        return f"HL{cls.exit_code:02}{cls.kind:02}"


class ConfigError(HeliuError, ValueError):
    """The configuration or the command line is wrong."""

    exit_code = 2


class UnknownEncoding(ConfigError):
    """A partner's declared encoding is not one heliu decodes."""

    exit_code = 3


class DeliveryError(HeliuError):
    """A partner's delivery cannot be used."""

    exit_code = 9


class DeliveryMissing(DeliveryError):
    """A delivery path or pattern matches no file."""

    exit_code = 10


class DeliveryUnreadable(DeliveryError):
    """A delivered file is truncated, corrupt, or not of the declared format."""

    exit_code = 11


class TextColumnMissing(DeliveryError):
    """The column that should hold the text is not in the delivery."""

    exit_code = 12


class TooManyRejects(DeliveryError):
    """A partner's share of rejected rows is above the agreed one."""

    exit_code = 13


class DeliveryChanged(DeliveryError):
    """A delivered file is not what it was when the build began."""

    exit_code = 14


class SchemaError(HeliuError, TypeError):
    """A table does not have the schema its consumer declares."""

    exit_code = 20


class ConservationError(HeliuError):
    """Delivered rows are not the sum of kept, dropped and rejected ones."""

    exit_code = 21


class TaskError(HeliuError):
    """A shard task failed for an unforeseen reason."""

    exit_code = 22


class DamagedTable(HeliuError):
    """A table between stages is not what was written; running again makes it again."""

    exit_code = 23


class ComputeError(HeliuError):
    """Ray cannot be reached where it should be, or not be started here."""

    exit_code = 24


class DoesNotFit(HeliuError):
    """A build needs more room on a disk, or more memory, than there is."""

    exit_code = 25


class StorageError(HeliuError):
    """The store refused a request or cannot be reached."""

    exit_code = 30


class StorageUnwritable(StorageError):
    """The storage root cannot be written."""

    exit_code = 31


class DiskFull(StorageUnwritable):
    """A file system is full, over its quota or read-only."""

    kind = 1


class ObjectMissing(StorageError, KeyError):
    """There is no object under that key."""

    exit_code = 32

    def __str__(self) -> str:
        """Return the message itself: `KeyError` would give its repr."""
        return str(self.args[0]) if self.args else ""


class AlreadyPublished(StorageError):
    """The version exists and holds other content; versions are never rewritten."""

    exit_code = 33


class ReleaseMissing(StorageError):
    """The root holds no such corpus or release."""

    exit_code = 34


class DocumentMissing(ReleaseMissing):
    """The release holds no such document."""

    kind = 1


class LostRace(StorageError):
    """Another publisher committed first."""

    exit_code = 35


class OutcomeUnknown(StorageError):
    """A commit was sent and its outcome could not be learned."""

    exit_code = 36


class DamagedRelease(HeliuError):
    """A release's bytes or counts differ from its manifest."""

    exit_code = 40


class DamagedMetadata(DamagedRelease):
    """The log or a manifest is not what was published."""

    exit_code = 42


class RedactedRelease(HeliuError):
    """Rows were redacted since the release was pinned; what remains is sound."""

    exit_code = 43


class SignatureInvalid(HeliuError):
    """A release is not signed by that key, or the signature is of something else."""

    exit_code = 44


class NotAccepted(HeliuError):
    """A candidate lacks the review that must come before it is published, or failed it."""

    exit_code = 45


class LossAlarm(HeliuError):
    """A partner or site lost a larger share of its rows than the alarm allows."""

    exit_code = 41


class Defect(HeliuError):
    """An error that heliu does not foresee."""

    exit_code = 70


def error_ending_with(exit_code: int) -> type[HeliuError]:
    """Return the class of errors of an exit code, of all its kinds the first."""
    left: list[type[HeliuError]] = [HeliuError]
    for one in left:
        left += one.__subclasses__()
    return next(one for one in left[1:] if one.exit_code == exit_code and not one.kind)
