"""Connections that never lead to a private address, and routes to a server of our own.

An address is looked at twice: what the host's name resolves to, before anything is sent, and whom
the socket reached, because a name may resolve to something else a moment later (DNS rebinding).
"""

import ipaddress
import logging
import socket
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from posters.web.deadline import Watched

# IPv6 addresses whose last 32 bits are an IPv4 address: the old form, and a gateway's (NAT64).
_ENDING_IN_IPV4 = (ipaddress.ip_network("::/96"), ipaddress.ip_network("64:ff9b::/96"))


class PrivateAddressError(OSError):
    """A host's name leads into a private network."""


def refuse_private(host: str, address: str) -> None:
    """Check that an IP address is one of the public internet.

    Raises:
        PrivateAddressError: it is private, of this machine, link-local, reserved or multicast.
    """
    # An IPv6 scope such as %eth0 is no part of the address.
    found = checked = ipaddress.ip_address(address.partition("%")[0])
    public = True
    if isinstance(found, ipaddress.IPv6Address):
        public = not found.is_site_local  # Python takes these for global
        checked = found.ipv4_mapped or found.sixtofour or found
        if any(found in network for network in _ENDING_IN_IPV4):
            checked = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if not (public and checked.is_global) or checked.is_multicast:
        raise PrivateAddressError(f"{host} leads to the private address {found}")


class _PlainConnection(Watched, HTTPConnection):
    pass


class _ProxiedConnection(Watched, HTTPSConnection):
    pass


class _PublicConnection(Watched, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        for *_, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            refuse_private(self.host, str(address[0]))
        connected = super()._new_conn()
        try:
            refuse_private(self.host, connected.getpeername()[0])
        except PrivateAddressError:
            connected.close()
            raise
        return connected


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _ProxiedPool(HTTPSConnectionPool):
    ConnectionCls = _ProxiedConnection


class PublicAdapter(HTTPAdapter):
    """Sends https requests to the public internet only.

    Behind a proxy it is the proxy that looks names up and connects: what it reaches is its affair.
    """

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        """Make the pools out of checked connections."""
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        """Make the pools of a proxy out of connections with a deadline."""
        manager: Any = super().proxy_manager_for(*args, **keywords)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _ProxiedPool}
        return manager


class RoutedAdapter(HTTPAdapter):
    """Sends the requests for one host to a server of our own on this machine.

    The request keeps its host in the `Host` header, so that one server can stand in for several.

    Args:
        server: such as `http://127.0.0.1:8000`.
        connections: kept open at most.
    """

    def __init__(self, server: str, connections: int) -> None:
        super().__init__(pool_maxsize=connections)
        self._server = server

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        """Make the pools out of connections with a deadline."""
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool}

    def send(self, request: requests.PreparedRequest, **keywords: Any) -> requests.Response:  # type: ignore[override]
        """Send the request to the server instead of to its host."""
        parts = urlsplit(str(request.url))
        routed = request.copy()
        routed.url = self._server + parts._replace(scheme="", netloc="").geturl()
        routed.headers["Host"] = parts.netloc
        # A proxy, where one is set, is for the internet.
        response = super().send(routed, **{**keywords, "proxies": {}})
        response.url = str(request.url)
        return response


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the fetcher follows them.

        Even when told not to, requests looks for the next one, and before that it reads the body
        of this one into memory, however long it is.
        """


def open_session(
    routes: Mapping[str, str], *, connections: int, user_agent: str
) -> requests.Session:
    """A session that reaches public https hosts and the routed ones, and nothing else."""
    session = _Session()
    session.headers.clear()
    session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})
    # Anything but "no authentication" makes requests look for passwords in ~/.netrc.
    session.auth = _no_authentication
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # urllib3 writes whole addresses into its log, a key in them as well.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    session.adapters.clear()
    session.mount("https://", PublicAdapter(pool_maxsize=connections))
    for host, server in routes.items():
        session.mount(f"https://{host}/", RoutedAdapter(server, connections))
    return session


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
