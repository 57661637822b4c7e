"""Choose the network address of a host so that only public servers are asked, or this machine where a user named it."""

import ipaddress
import socket

from sextant.atlas.online.services import LOOPBACK, Endpoint


class NotPublic(OSError):
    """A name leads into a private network or to this machine."""


def resolve_host(host: str, port: int, endpoint: Endpoint) -> str:
    """Return the address to connect to. The connection uses it, so that a second look-up cannot lead elsewhere.

    Raises:
        NotPublic: one of the host's addresses is not public, and the user did not name this machine.
        OSError: the host is not known.
    """
    local = endpoint.named and endpoint.host in LOOPBACK and host == endpoint.host
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        plain = ipaddress.ip_address(address.partition("%")[0])
        public = plain.is_global and not plain.is_multicast
        if not (plain.is_loopback if local else public):
            raise NotPublic(f"{host} leads to {address}, which is not a public address")
    return found[0]
