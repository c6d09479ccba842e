"""Who may come in: where to listen, which names this server answers to, and what a page may do.

A server on loopback is in reach of every page in the user's own browser. Such a page sends the name
by which it came here (`Host`) and the place that it was loaded from (`Origin`), and can forge
neither: a foreign name is DNS rebinding, a foreign origin is another site's script.
"""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

#: What each answer tells the browser: load nothing from elsewhere, be in no frame, open nothing.
#: The sandbox knows no popups: an address in a text from outside stays a text when it is clicked.
#: Styles may be inline, since the terminal in the page sets its own.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "font-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-scripts allow-same-origin"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), clipboard-read=(), clipboard-write=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "goliath-tui",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES})


class AddressError(Exception):
    """We cannot, or may not, listen there. `str(error)` says why and what to do."""


class OutsideError(AddressError):
    """The address is in reach of others, and nobody said that this is wanted."""


class Gate(Struct, frozen=True):
    """The names, in lower case, that this server answers to, on any port: a forwarded one is fine.

    `any_address`: also to every plain IP address, for which no name has to be looked up.
    """

    names: frozenset[str]
    any_address: bool = False

    def refusal(self, host: str | None, origin: str | None, *, must_say: bool) -> str | None:
        """Why a request with these headers is refused; None: it may come in.

        `must_say`: it has to bring an origin, as every browser does for a websocket.
        """
        name = _name(host)
        if name is None or not self._is_ours(name):
            return "this server does not go by that name; use its address instead"
        if origin is None:
            return "only a page may ask for this" if must_say else None
        if origin not in {f"http://{host}", f"https://{host}"}:
            return "another site's page may not ask for this"
        return None

    def _is_ours(self, name: str) -> bool:
        if name in self.names:
            return True
        address = _address(name)
        return address is not None and (self.any_address or address.is_loopback)


def gate(host: str, *, public: bool) -> Gate:
    """The gate of a server that was told to listen on `host`."""
    names = {"localhost", host.lower()}
    if public:
        machine = socket.gethostname().lower()
        names |= {machine, machine.partition(".")[0], f"{machine.partition('.')[0]}.local"}
    return Gate(names=frozenset(names), any_address=public)


def listening_sockets(host: str, port: int, *, public: bool) -> list[socket.socket]:
    """Bound sockets, one for each address of `host`, all on one port (0: one that is free).

    Raises AddressError, and OutsideError unless it is meant to be `public`.
    """
    found = _addresses(host)
    outside = [address for _, address in found if not _is_loopback(address)]
    if outside and not public:
        raise OutsideError(
            f"{host} is in reach of others, who would see everything without "
            "a login: add --public if you want that"
        )
    bound: list[socket.socket] = []
    problem: OSError | None = None
    for family, address in found:
        try:
            bound.append(_bound(family, address, port))
        except OSError as error:
            # A machine may name its IPv6 loopback and yet have it switched off.
            problem = error
            continue
        port = bound[-1].getsockname()[1]
    # Half of the addresses would do, but not with somebody else on the others.
    if problem is not None and (not bound or problem.errno in _TAKEN):
        for each in bound:
            each.close()
        raise AddressError(
            f"cannot listen on port {port} of {host}: {problem.strerror or problem}; "
            "--port takes another"
        )
    return bound


def url(host: str, port: int, *, public: bool) -> str:
    """The address to type into a browser: never a wildcard, which is no address."""
    address = _address(host)
    if address is not None and address.is_unspecified:
        host = socket.gethostname() if public else "localhost"
    elif address is not None and address.version == 6:
        host = f"[{host}]"
    return f"http://{host}:{port}/" if port != 80 else f"http://{host}/"


def _name(host: str | None) -> str | None:
    """The name in a `Host` header, without its port; None when it is none."""
    try:
        parts = urlsplit(f"//{host or ''}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    told = f"[{name}]" if ":" in name else name
    # What a browser means by it is the whole of it.
    whole = {told, f"{told}:", f"{told}:{port}"}
    return name if host and host.lower() in whole else None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        # Only an address of version 6 has a zone.
        return ipaddress.ip_address(name.partition("%")[0] if ":" in name else name)
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    known = _address(address)
    return known is not None and known.is_loopback


def _addresses(host: str) -> Sequence[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError:
        raise AddressError(f"{host}: is no name") from None
    except OSError as error:
        raise AddressError(f"{host}: {error.strerror or error}") from None
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made
