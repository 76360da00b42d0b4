"""The errors of this program, whose messages are sentences for the user.

OrganizerError
├── UsageError         the command line or the settings are wrong          exit 2
├── SourceError        the photos cannot be reached                        exit 3
│   └── ImmichError    an Immich server did not do what was asked
│       ├── UnreachableError        no connection, no answer in time, overloaded
│       │   └── BrokenAnswerError   an answer is cut off, too long, or other than the server says
│       ├── WrongKeyError           the API key is missing, malformed or unknown
│       ├── MissingPermissionError  the key may not do this
│       ├── NotFoundError           the asset, album, tag or stack does not exist, or belongs to another user
│       ├── RejectedError           the server refused the call, or failed
│       ├── NotImmichError          the answer is not from an Immich server
│       └── TooOldError             this version of Immich does not support it
├── LockedError        another run is working on the same library         exit 4
├── OutputError        the result cannot be written                        exit 1
├── StateError         the index, the cache or the journal cannot be used  exit 1
│   ├── DamagedError        its file is not as it was written
│   └── PhotoTooLargeError  one photo is larger than the whole cache (in storage.picture_cache)
├── WorkersError       worker processes cannot be started, or the cluster is lost (in workers.processes)
├── FaceDetectionError face detection does not work here; the run goes on without it
└── PhotoError         one photo cannot be read; the run goes on without it
    └── TransientError it may be readable next time (permissions, a missing file), so it is never stored as broken
"""


class OrganizerError(Exception):
    """Base of all errors that are reported as a sentence, without a traceback."""

    exit_code = 1


class UsageError(OrganizerError):
    """The command line, the environment or the configuration file is wrong."""

    exit_code = 2


class SourceError(OrganizerError):
    """A source is missing, inaccessible, or empty although earlier runs saw photos in it."""

    exit_code = 3


class ImmichError(SourceError):
    """An Immich server did not do what was asked."""


class UnreachableError(ImmichError):
    """The server cannot be reached or does not answer."""


class BrokenAnswerError(UnreachableError):
    """An answer came, but is cut off, longer than it can be, or not what the server itself says that it is."""


class WrongKeyError(ImmichError):
    """The API key is missing, malformed or unknown to the server."""


class MissingPermissionError(ImmichError):
    """The API key lacks a permission; `needed` are all permissions that the run needs."""

    def __init__(self, permission: str, needed: tuple[str, ...] = ()) -> None:
        super().__init__(permission, needed)
        self.permission = permission
        self.needed = needed

    def __str__(self) -> str:
        all_needed = f" This run needs: {', '.join(self.needed)}." if self.needed else ""
        return (
            f"The API key lacks the permission {self.permission}: "
            f"add it in Immich under Account Settings, API Keys, or create a new key.{all_needed}"
        )


class NotFoundError(ImmichError):
    """What was asked for does not exist or belongs to another user; the server does not say which."""


class RejectedError(ImmichError):
    """The server refused a call (`status` 4xx) or failed to carry it out (5xx)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        if self.status >= 500:
            return f"The Immich server failed ({self.status}: {self.message}): see its log, and try again later."
        return f"The Immich server refused the call ({self.status}: {self.message})."


class NotImmichError(ImmichError):
    """The answer is not from Immich's API, or has an unknown format."""


class TooOldError(ImmichError):
    """This version of Immich does not support what was asked."""


class LockedError(OrganizerError):
    """Another run is working on the library."""

    exit_code = 4


class OutputError(OrganizerError):
    """The output cannot be written, or there is not enough space."""


class FaceDetectionError(OrganizerError):
    """Faces cannot be detected on this machine."""


class StateError(OrganizerError):
    """The index, the cache or the journal cannot be used."""


class DamagedError(StateError):
    """The index, the cache or the journal is not as it was written."""


class PhotoError(OrganizerError):
    """One photo cannot be read."""


class TransientError(PhotoError):
    """One photo cannot be read now, but perhaps in the next run."""
