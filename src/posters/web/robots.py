"""What a site's robots.txt allows (RFC 9309)."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from protego import Protego

from posters.errors import FetchFailed, SiteUnreachable
from posters.files import write_json

# RFC 9309, 2.4: a robots.txt should not be used for more than a day.
_KEPT_SECONDS = 24 * 3600


class Robots:
    """Knows the rules of each host; asks for a robots.txt once a day at most.

    Args:
        folder: where they are kept.
        ask: gets the robots.txt at an address; empty where there is none.
        product: the name that we are looked up by in them (RFC 9309, 2.2.1).
    """

    def __init__(self, folder: Path, ask: Callable[[str], str], product: str) -> None:
        self._folder = folder
        self._ask = ask
        self._product = product
        self._rules: dict[str, Protego] = {}
        self._unknown: dict[str, SiteUnreachable] = {}
        # One a host: a host that is slow to answer keeps nobody from the others.
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._locks_lock = threading.Lock()

    def check(self, url: str) -> float | None:
        """Check that an address may be asked for.

        Returns:
            The seconds that the site wants between two requests, if it says so.

        Raises:
            FetchFailed: robots.txt forbids it.
            SiteUnreachable: what the site allows can't be known.
        """
        host = urlsplit(url).hostname or ""
        with self._locks_lock:
            lock = self._locks[host]
        with lock:
            if host in self._unknown:
                raise self._unknown[host]
            rules = self._rules.get(host)
            if rules is None:
                rules = self._rules[host] = Protego.parse(self._text(host))
        if not rules.can_fetch(url, self._product):
            raise FetchFailed("robots.txt", f"{host} forbids programs this address", ours=True)
        delay: float | None = rules.crawl_delay(self._product)
        return delay

    def _text(self, host: str) -> str:
        kept = self._folder / f"{host}.json"
        try:
            found = json.loads(kept.read_text(encoding="utf-8"))
            if 0 <= time.time() - found["time"] < _KEPT_SECONDS:
                return str(found["text"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            # None yet, or not one of ours: it is asked for again.
            pass
        try:
            text = self._ask(f"https://{host}/robots.txt")
        except FetchFailed as failed:
            cause = f"what {host} allows can't be known: its robots.txt can't be had ({failed})"
            if failed.reason == "no connection":
                cause = f"{failed.detail} (is there a network?)"
            self._unknown[host] = SiteUnreachable(
                f"{cause}. What was fetched is kept; try again later"
            )
            raise self._unknown[host] from failed
        write_json(kept, {"time": time.time(), "text": text})
        return text
