"""Starts a server that does not outlive its parent: drops root, asks for a signal when that dies, and execs.

Run as a script, never imported: `launch.py PARENT_PID SIGNAL UID GID COMMAND...` (UID and GID -1: no change).

Why a script and not subprocess's `preexec_fn`: code between fork and exec of a process with threads (Temporal's
core has many) can deadlock, and newer Pythons warn about it. `exec` keeps the process id and the wish for the
signal, so the parent's handle on its child stays true. Linux only clears the wish when the *credentials* change,
hence the order: first become the other user, then ask. It needs nothing but the standard library, and runs with
`-I -S`, so it takes a few milliseconds.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def main(arguments: list[str]) -> None:
    """Becomes the command; returns only when the parent is gone already.

    Raises:
        OSError: The user cannot be changed or the command cannot be run.
    """
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux" and death_signal:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            return
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
