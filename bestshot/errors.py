"""What can go wrong, as sentences for the user.

OrganizerError
├── UsageError         the command or the settings make no sense           exit 2
├── SourceError        the photos cannot be reached or are refused         exit 3
│   └── ImmichError    an Immich server does not do what was asked
│       ├── UnreachableError        no connection, no answer in time, overloaded
│       ├── WrongKeyError           the API key is missing, malformed or unknown
│       ├── MissingPermissionError  the key may not do this
│       ├── NotFoundError           the asset, album, tag or stack is not there, or not the user's
│       ├── RejectedError           the server understood and refused, or failed
│       ├── NotImmichError          something else answers at this address
│       └── TooOldError             this version of Immich cannot do it
├── LockedError        another run works on the same library               exit 4
├── OutputError        the result cannot be written                        exit 1
├── StateError         the index, the cache or the journal cannot be used  exit 1
│   └── PhotoTooLargeError  one photo alone is larger than the cache (in photo_cache)
├── WorkersError       no process can be started to read pictures, or the cluster is lost (in workers)
├── FaceDetectionError faces cannot be looked for; the run goes on without (in faces)
└── PhotoError         one photo cannot be read; the run goes on without it
    └── TransientError it may be readable next time (permissions, a vanished file): never remembered as broken
"""


class OrganizerError(Exception):
    """Anything this tool reports as a sentence, without a traceback."""

    exit_code = 1


class UsageError(OrganizerError):
    """The command line, the environment or the configuration file is wrong."""

    exit_code = 2


class SourceError(OrganizerError):
    """A source is missing, refused, or empty although photos of it are known."""

    exit_code = 3


class ImmichError(SourceError):
    """An Immich server does not do what was asked."""


class UnreachableError(ImmichError):
    """The server cannot be reached, or gives no answer."""


class WrongKeyError(ImmichError):
    """The API key is missing, malformed or unknown to the server."""


class MissingPermissionError(ImmichError):
    """The API key may not do this; `needed` are all permissions of the job at hand."""

    def __init__(self, permission: str, needed: tuple[str, ...] = ()) -> None:
        super().__init__(permission, needed)
        self.permission = permission
        self.needed = needed

    def __str__(self) -> str:
        job = f" This job needs: {', '.join(self.needed)}." if self.needed else ""
        return (
            f"The API key lacks the permission {self.permission}: "
            f"add it in Immich under Account Settings, API Keys, or make a new key.{job}"
        )


class NotFoundError(ImmichError):
    """What was asked for is not there, or belongs to somebody else: the server does not tell which."""


class RejectedError(ImmichError):
    """The server refused a call (`status` 4xx) or failed in it (5xx)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        if self.status >= 500:
            return f"The Immich server failed ({self.status}: {self.message}): its log says more; try again later."
        return f"The Immich server refused the call ({self.status}: {self.message})."


class NotImmichError(ImmichError):
    """What answers is not Immich's API, or not in a shape that is known."""


class TooOldError(ImmichError):
    """This version of Immich cannot do it."""


class LockedError(OrganizerError):
    """Another run holds the library."""

    exit_code = 4


class OutputError(OrganizerError):
    """The output cannot be written, or has no room."""


class StateError(OrganizerError):
    """The index, the cache or the journal cannot be used."""


class PhotoError(OrganizerError):
    """One photo cannot be read."""


class TransientError(PhotoError):
    """One photo cannot be read now, which says nothing about the next run."""
