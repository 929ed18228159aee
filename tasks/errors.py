"""The one exception that a user's mistake raises."""


class UserError(Exception):
    """A mistake in what was asked or given: one line, what is wrong, where, and what to do.

    Command lines print the message on standard error and exit with status 2,
    without a traceback. Anything else that escapes is a defect of this package.
    """
