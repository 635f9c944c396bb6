"""What stops a local system from starting."""


class LocalError(Exception):
    """One line that says what is wrong and how to mend it."""
