"""The tree of errors: each has a stable code and a sentence that tells a person what to do."""

from typing import Any, ClassVar


class StocklineError(Exception):
    """Base of every error this product raises on purpose."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, details: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidInputError(StocklineError):
    """The caller sent what the contract does not allow; sending it again cannot succeed."""

    code = "invalid_request"


class PayloadTooLargeError(InvalidInputError):
    """The payload has more in it than one call may bring; split it."""

    code = "payload_too_large"


class NotFoundError(StocklineError):
    """What was named does not exist, or belongs to somebody else: callers cannot tell which."""

    code = "not_found"


class ConflictError(StocklineError):
    """The thing exists but its state forbids the request."""

    code = "conflict"


class IdempotencyMismatchError(StocklineError):
    """An Idempotency-Key came again with another body."""

    code = "idempotency_key_reused"


class FeatureNotAvailableError(StocklineError):
    """The tenant's type does not have this feature."""

    code = "feature_not_available"


class TransientError(StocklineError):
    """Nothing was accepted; the same request may succeed after `retry_after_s`."""

    code = "temporarily_unavailable"

    def __init__(self, message: str, *, retry_after_s: float = 1.0, details: Any = None) -> None:
        super().__init__(message, details=details)
        self.retry_after_s = retry_after_s


class DatabaseDownError(TransientError):
    """PostgreSQL does not answer, and nothing was written."""

    code = "database_unavailable"


class OutcomeUnknownError(TransientError):
    """The connection broke inside the commit: it may have happened or not."""

    code = "outcome_unknown"


class LeaseLostError(StocklineError):
    """Another worker took the work over; whatever this one still wanted to write is refused."""

    code = "lease_lost"
