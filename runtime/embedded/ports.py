"""Says before anything starts that a port is taken, and which variable names another."""

import errno
import socket

from runtime.embedded.errors import StartError


def refuse_taken_port(host: str, port: int, port_variable: str, host_variable: str | None = None) -> None:
    """Tries to listen on host and port for a moment.

    Args:
        host: The address or name to listen on.
        port: The port.
        port_variable: The setting that names the port, for the message.
        host_variable: The setting that names the host, if it can be set.

    Raises:
        StartError: Nothing of ours could listen there.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            # As servers do: connections that are still closing do not count as taken, listeners do.
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
            attempt.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {port} on {host} is taken: stop what uses it, or set {port_variable} to another"
            ) from error
        if error.errno == errno.EACCES:
            raise StartError(f"port {port} needs special rights: set {port_variable} to one above 1023") from error
        named = f" (set {host_variable})" if host_variable else ""
        raise StartError(f"nothing can listen on {host}{named}: {error.strerror or error}") from error
