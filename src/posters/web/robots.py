"""The rules of a site's robots.txt (RFC 9309)."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from protego import Protego

from posters.errors import FetchFailed, SiteUnreachable
from posters.files import sha256, write_json
from posters.params import PRODUCT
from posters.web.request import split_url

# RFC 9309, 2.4: a robots.txt should not be used for more than a day.
_KEPT_SECONDS = 24 * 3600


class Robots:
    """The rules of each host; a robots.txt is fetched once a day at most.

    Args:
        folder: where the files are kept.
        fetch: gets a robots.txt by its address; empty if there is none.
    """

    def __init__(self, folder: Path, fetch: Callable[[str], str]) -> None:
        self._folder = folder
        self._fetch = fetch
        self._rules: dict[str, Protego | SiteUnreachable] = {}
        # A lock for each host, so that a slow host does not delay the others.
        self._locks: dict[str, threading.Lock] = {}

    def check(self, url: str) -> float | None:
        """Check that an address may be requested, and return the `Crawl-delay`, if there is one.

        Raises:
            FetchFailed: robots.txt forbids it.
            SiteUnreachable: the robots.txt can't be fetched.
        """
        host = split_url(url).hostname or ""
        with self._locks.setdefault(host, threading.Lock()):
            if host not in self._rules:
                self._rules[host] = self._load(host)
            rules = self._rules[host]
        if isinstance(rules, SiteUnreachable):
            raise rules
        if not rules.can_fetch(url, PRODUCT):
            raise FetchFailed("robots.txt", f"{host} forbids programs this address", own_limit=True)
        return rules.crawl_delay(PRODUCT)

    def _load(self, host: str) -> Protego | SiteUnreachable:
        # The name of a host may be too long for that of a file.
        kept = self._folder / f"{sha256(host.encode())}.json"
        try:
            content = json.loads(kept.read_text(encoding="utf-8"))
            if 0 <= time.time() - content["time"] < _KEPT_SECONDS:
                return Protego.parse(str(content["text"]))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            pass  # none yet, or a damaged one
        try:
            text = self._fetch(f"https://{host}/robots.txt")
        except FetchFailed as failed:
            cause = (
                f"the rules of {host} are unknown, as its robots.txt can't be fetched ({failed})"
            )
            if failed.reason == "no connection":
                cause = f"{failed.detail} (is there a network?)"
            return SiteUnreachable(f"{cause}. What was fetched is kept; try again later")
        write_json(kept, {"host": host, "time": time.time(), "text": text})
        return Protego.parse(text)
