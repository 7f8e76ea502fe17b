"""Connections that never reach a private address, and routes to a server on this machine.

An address is checked twice: when the host name is resolved, before anything is sent, and once the
socket is connected, because the name may resolve to another address by then (DNS rebinding).
"""

import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.utils import (
    DEFAULT_CA_BUNDLE_PATH,
    get_auth_from_url,
    get_environ_proxies,
    select_proxy,
)
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from posters.errors import FetchFailed, ParamsError
from posters.web.deadline import Deadline
from posters.web.request import is_host

# The IPv6 addresses of the public internet (RFC 4291, 2.4). Of the others, Python takes some for
# global that lead into a site: site-local, IPv4-translated, local NAT64.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # ends in an IPv4 address (RFC 6052)


def refuse_private(host: str, address: str) -> None:
    """Check that the IP address of a host belongs to the public internet.

    Raises:
        FetchFailed: it is private, loopback, link-local, reserved or multicast.
        ValueError: it is not an IP address.
    """
    # An IPv6 scope such as %eth0 is not part of the address.
    found = checked = ipaddress.ip_address(address.partition("%")[0])
    public = True
    if isinstance(found, ipaddress.IPv6Address):
        checked = found.ipv4_mapped or found.sixtofour or found
        if found in _NAT64:
            checked = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        # ISATAP (RFC 5214), under any prefix: a tunnel within a site.
        is_isatap = int(found) >> 32 & 0xFDFFFFFF == 0x5EFE
        public = not is_isatap and (checked != found or found in _GLOBAL_UNICAST)
    if not (public and checked.is_global) or checked.is_multicast:
        raise FetchFailed(
            "private address", f"{host} leads to the private address {found}", own_limit=True
        )


class _Watched:
    """Mixin: the deadline of the thread can close the socket, a new or an older one."""

    sock: socket.socket | None

    def request(self, *args: Any, **keywords: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        Deadline.watch(self.sock)
        super().request(*args, **keywords)  # type: ignore[misc]

    def _tunnel(self) -> None:
        """Send CONNECT to a proxy and read its answer; part of `connect`."""
        Deadline.watch(self.sock)
        super()._tunnel()  # type: ignore[misc]


class _PlainConnection(_Watched, HTTPConnection):
    pass


class _PublicConnection(_Watched, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        if self.proxy:  # it resolves names and connects by itself
            return super()._new_conn()
        try:
            addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        for *_, address in addresses:
            refuse_private(self.host, str(address[0]))
        connected = super()._new_conn()
        try:
            refuse_private(self.host, connected.getpeername()[0])
        except FetchFailed:
            connected.close()
            raise
        return connected


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class Connections:
    """Pools of connections to public https hosts, and to the servers of routed hosts.

    Addresses behind a proxy, where the user has set one, aren't checked.

    Args:
        routes: for some hosts, a server on this machine, such as `http://127.0.0.1:8000`. The
            `Host` header stays, so that one server can stand in for several hosts.
        kept: connections that stay open, for each host.
        user_agent: sent with each request.

    Raises:
        ParamsError: the file of certificates that an environment variable names is unusable.
    """

    def __init__(self, routes: Mapping[str, str], kept: int, user_agent: str) -> None:
        # urllib3 logs whole addresses, which may contain a key.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        self.routes = dict(routes)
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        variable = next(filter(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")), "")
        named = os.environ.get(variable, DEFAULT_CA_BUNDLE_PATH)
        is_folder = Path(named).is_dir()
        try:
            ssl.create_default_context(cafile=None if is_folder else named)
        except OSError as error:
            raise ParamsError(
                f"the environment variable {variable} names {named}, which can't be read "
                f"({error}): expected certificates in PEM format; correct or unset it"
            ) from error
        option = "ca_cert_dir" if is_folder else "ca_certs"
        self._options: dict[str, Any] = {"maxsize": kept, option: named}
        self._managers: dict[str | None, PoolManager] = {}  # by proxy

    def get(self, url: str, headers: Mapping[str, str], timeout: Timeout) -> BaseHTTPResponse:
        """Send a request; its answer is not read, and a redirect not followed.

        Raises:
            ParamsError: the user's proxy is not an address.
        """
        parts = urlsplit(url)
        headers = {**self._headers, **headers}
        proxy = None
        if server := self.routes.get(parts.hostname or ""):
            headers["Host"] = parts.netloc
            url = server + parts._replace(scheme="", netloc="").geturl()
        else:
            proxy = select_proxy(url, get_environ_proxies(url))
        return self._manager(proxy).request(
            "GET",
            url,
            headers=headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def close(self) -> None:
        """Close the connections that are not in use."""
        for manager in [*self._managers.values()]:
            manager.clear()

    def _manager(self, proxy: str | None) -> PoolManager:
        if proxy not in self._managers:
            manager = self._proxy_manager(proxy) if proxy else PoolManager(**self._options)
            manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _PublicPool}
            # Of two threads that get here at the same time, both use the manager of the first.
            self._managers.setdefault(proxy, manager)
        return self._managers[proxy]

    def _proxy_manager(self, proxy: str) -> ProxyManager:
        """A proxy as its environment variable gives it: `[http://][user:password@]host:port`."""
        address = proxy if "://" in proxy else f"http://{proxy}"
        try:
            user, password = get_auth_from_url(address)
            headers = make_headers(proxy_basic_auth=f"{user}:{password}") if user else None
            manager = ProxyManager(address, proxy_headers=headers, **self._options)
            if manager.proxy and is_host((manager.proxy.host or "").strip("[]")):
                return manager
        except ValueError:  # those of urllib3 too
            pass
        names = ("https_proxy", "all_proxy")
        variables = [
            name for name, value in os.environ.items() if value == proxy and name.lower() in names
        ]
        # Its value may contain a password.
        raise ParamsError(
            f"the environment variable {' or '.join(variables)} is not the address of an HTTP "
            "proxy: expected [http://][user:password@]host:port; correct or unset it"
        )
