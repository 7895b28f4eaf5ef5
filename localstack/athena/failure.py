"""What goes wrong, as Athena tells it: a query that fails, and a request that is refused."""

from __future__ import annotations


class QueryFailure(Exception):
    """A query that cannot be answered.

    `name` is the error name that Athena puts before the message (`TABLE_NOT_FOUND`); `category` is Athena's
    ErrorCategory: 1 its own, 2 the user's, 3 other.
    """

    def __init__(self, name: str, message: str, category: int = 2) -> None:
        super().__init__(f'{name}: {message}')
        self.name = name
        self.category = category


class RequestRefused(Exception):
    """A call of the API that is answered with HTTP 400 and this error type."""

    def __init__(self, message: str, kind: str = 'InvalidRequestException', code: str = '') -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
