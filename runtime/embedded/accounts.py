"""Which operating-system user an embedded server runs as, and what that user must be able to reach.

PostgreSQL refuses to run as root. Started by root (a container, a fresh machine), it therefore runs as a
system account of its own, and root opens only what that account needs: search permission (never read) on the
folders above.
"""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from runtime.embedded.errors import StartError
from runtime.embedded.processes import Account

ACCOUNT = "followthrough"
FALLBACK_ACCOUNT = "nobody"  # exists everywhere, for systems without useradd or with a read-only /etc


def server_account(cluster: Path) -> Account | None:
    """The account for a server that must not run as root; None when we are not root.

    Args:
        cluster: The server's data folder: when it exists, its owner is the account.

    Raises:
        StartError: We are root and there is no account to use.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        with contextlib.suppress(KeyError):
            return _account(pwd.getpwuid(owner))
    with contextlib.suppress(KeyError):
        return _account(pwd.getpwnam(ACCOUNT))
    if (useradd := shutil.which("useradd")) is not None:
        command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", ACCOUNT], capture_output=True, check=False)
    for name in (ACCOUNT, FALLBACK_ACCOUNT):
        with contextlib.suppress(KeyError):
            return _account(pwd.getpwnam(name))
    raise StartError(
        "PostgreSQL does not run as root and no other account could be made: start as another user, "
        f"or add one with `useradd --system {ACCOUNT}`"
    )


def own_folder(folder: Path, account: Account | None) -> None:
    """Makes a folder that only the account (and root) can enter, or tightens one that exists.

    Raises:
        StartError: The place is taken by somebody else, as can happen in a shared temporary folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()  # not stat: a link could lead our chown anywhere
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid if account else -1}:
        raise StartError(f"{folder} belongs to somebody else: remove it, or set TMPDIR to a folder of yours")
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def open_the_way(target: Path, account: Account | None, say: Callable[[str], None]) -> None:
    """Lets the account pass through (not list) the folders above `target`; says which ones were closed."""
    if account is None:
        return
    for folder in target.resolve().parents:
        found = folder.stat()
        ours = found.st_gid == account.gid and found.st_mode & stat.S_IXGRP
        if found.st_mode & stat.S_IXOTH or ours or (found.st_uid == account.uid and found.st_mode & stat.S_IXUSR):
            continue
        folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
        say(f"{folder} was closed to the account {account.name}; it may now pass through (chmod o+x)")


def open_programs(folder: Path, program: Path, account: Account | None) -> None:
    """Lets the account run an installed program, when a strict umask installed it for its owner only."""
    if account is None or program.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH) == stat.S_IROTH | stat.S_IXOTH:
        return
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        runs = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | runs)


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
