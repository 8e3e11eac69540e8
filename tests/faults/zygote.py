"""Starts processes under test in a few milliseconds: it has everything loaded, and forks.

It reads one order a line from its input, answers with the process's id, and says when a process has ended. When its
input ends, the harness is gone, and it takes all its children with it.
"""

import gc
import json
import os
import select
import signal
import sys
import traceback
from typing import Any

from tests.faults.pace import quicken

quicken()

from tests.faults import children  # noqa: E402 - what it loads copies the time-outs


def main() -> None:
    """Serve until the input ends."""
    pipe_out, pipe_in = os.pipe()
    os.set_blocking(pipe_in, False)
    os.set_blocking(pipe_out, False)
    signal.set_wakeup_fd(pipe_in, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children.warm_up()
    gc.freeze()
    alive: set[int] = set()
    waiting = b""
    _say({"ready": True})
    while True:
        readable, _, _ = select.select([0, pipe_out], [], [])
        if pipe_out in readable:
            os.read(pipe_out, 4096)
            _reap(alive)
        if 0 in readable:
            read = os.read(0, 65536)
            if not read:
                break
            *lines, waiting = (waiting + read).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = _fork(order)
                alive.add(pid)
                _say({"order": order["order"], "pid": pid})
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    while alive:
        alive.discard(os.wait()[0])


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(descriptor, target)
        children.run(order)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def _reap(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        alive.discard(pid)
        _say({"ended": pid, "status": status})


def _say(what: dict[str, Any]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
