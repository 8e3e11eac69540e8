"""The command line, `follow`: one module for each group of commands."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run a command; what a person can mend is said in plain lines on standard error, without a traceback."""
    try:
        # Loaded here, so that a Ctrl-C in the first second ends quietly too.
        from rich.console import Console

        from runtime.cli.app import app
        from runtime.embedded.errors import StartError
        from runtime.settings import SettingsError

        try:
            app()
        except (StartError, SettingsError) as problem:
            Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {problem}", markup=False)
            sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
