"""`follow` under cProfile: `python -m tests.bench.profiled FILE COMMAND...`; it sees the main thread only."""

import cProfile
import sys

from runtime.cli import main

if __name__ == "__main__":
    into = sys.argv[1]
    sys.argv = ["follow", *sys.argv[2:]]
    profile = cProfile.Profile()
    try:
        profile.runcall(main)
    finally:
        profile.dump_stats(into)
