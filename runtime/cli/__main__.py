"""`python -m runtime.cli`, as `follow up` starts the worker and the web."""

from runtime.cli import main

main()
