"""Every error Tamis raises on purpose.

    TamisError
    ├── UsageError          the command was called in a way that cannot work (exit status 2)
    │   └── SettingsError   a setting is wrong; names the file or variable, and the key
    ├── SourceError         a source as a whole cannot be read
    ├── DecodeError         one media cannot be decoded (becomes a state, never ends a run)
    ├── HashListError       a hash list is broken; names the file and the place
    ├── DetectorError       a detector, its card or its model cannot be used; names which
    ├── ExplanationError    a media cannot be explained, or the views not be written; says why
    ├── TruthError          a truth file is broken or does not fit the case; names file and line
    ├── CalibrationError    there is no site's own fit, with the reason, or it cannot be used
    ├── ElusionError        an elusion test cannot be begun or its sample enlarged; says why
    ├── PriorError          an estimated prior cannot be used; says why
    ├── PoolError           the worker pool cannot start workers at all
    ├── StoreError          the case cannot be opened, read or written
    │   ├── CaseBusyError   another process is writing to the case
    │   └── CaseReadOnlyError   the case lies where nothing can be written
    ├── MediaNotFoundError  no media, or more than one, answers to what was asked for
    └── PolicyError         the triage policy file is wrong; names the key

A bad *file* never travels as an exception out of a stage: it becomes a state with a reason, stored
with the media file.
"""

from __future__ import annotations


class TamisError(Exception):
    """Root of all errors Tamis raises on purpose; its message is fit to be shown to a user."""


class UsageError(TamisError):
    """The command was called in a way that cannot work."""


class SettingsError(UsageError):
    """A setting is wrong; the message names the file or the variable, and the key."""


class SourceError(TamisError):
    """A source as a whole cannot be read."""


class DecodeError(TamisError):
    """A media cannot be decoded.

    Args:
        code: a short, stable reason code, e.g. ``too_many_pixels``.
        detail: the reason in words.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class HashListError(TamisError):
    """A hash list is broken; the message names the file and the place."""


class DetectorError(TamisError):
    """A detector, its card or its model cannot be used; the message names which."""


class ExplanationError(TamisError):
    """The views of a media cannot be made or written; the message names which and why."""


class TruthError(TamisError):
    """A truth file is wrong; the message names the file and the line."""


class CalibrationError(TamisError):
    """Pixel scores cannot be fitted anew, or the site's fit not be used; the message says why."""


class ElusionError(TamisError):
    """An elusion test cannot be begun, or its sample not be enlarged; the message says why."""


class PriorError(TamisError):
    """An estimated prior cannot be put into force; the message says why."""


class PoolError(TamisError):
    """The worker pool cannot start workers at all."""


class StoreError(TamisError):
    """The case cannot be opened, read or written."""


class CaseBusyError(StoreError):
    """Another process is writing to the case."""


class CaseReadOnlyError(StoreError):
    """The case lies where nothing can be written."""


class MediaNotFoundError(TamisError):
    """No media, or more than one, answers to what was asked for."""


class PolicyError(TamisError):
    """The triage policy file is wrong; the message names the key."""
