"""The command line: one module per command."""

from __future__ import annotations

import sys

from tamis.i18n import LANGUAGES, _, language_from_environment, set_language


def main() -> None:
    """Run ``tamis`` and exit with its status: 0 done, 1 failure, 2 wrong usage, 3 see ``scan``."""
    for stream in (sys.stdout, sys.stderr):
        # Names from evidence are shown whatever the locale; nothing that cannot be shown stops us.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    set_language(_language(sys.argv[1:]))
    # Only now: help texts are translated while the commands are imported.
    from tamis.cli.app import app
    from tamis.cli.output import finish
    from tamis.errors import TamisError, UsageError

    try:
        try:
            app(prog_name="tamis")
        finally:
            finish()
    except UsageError as error:
        _complain(error)
        sys.exit(2)
    except TamisError as error:
        _complain(error)
        sys.exit(1)


def _language(arguments: list[str]) -> str:
    """``--lang fr`` or ``--lang=fr`` before the command, else the locale."""
    for position, argument in enumerate(arguments):
        name, _sign, value = argument.partition("=")
        if name == "--lang":
            chosen = value or "".join(arguments[position + 1 : position + 2])
            return chosen if chosen in LANGUAGES else "en"
        if not argument.startswith("-"):
            break
    return language_from_environment()


def _complain(error: Exception) -> None:
    print(f"tamis: {_('error')}: {error}", file=sys.stderr)
