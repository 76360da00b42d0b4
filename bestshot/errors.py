"""What can go wrong, as sentences for the user.

OrganizerError
├── UsageError         the command or the settings make no sense           exit 2
├── SourceError        the photos cannot be reached or are refused         exit 3
├── LockedError        another run works on the same library               exit 4
├── OutputError        the result cannot be written                        exit 1
├── StateError         the index, the cache or the journal cannot be used  exit 1
│   └── PhotoTooLargeError  one photo alone is larger than the cache (in photo_cache)
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
