"""What the review does not do, and the status with which it says so."""

from bestshot.errors import OrganizerError


class RefusedError(OrganizerError):
    """A request that the review does not follow, with the status of HTTP that says of which kind that is."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
