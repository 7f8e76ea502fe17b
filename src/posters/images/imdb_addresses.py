"""Addresses of IMDb's pictures: one form for all of them, and which of them show no poster.

`https://m.media-amazon.com/images/M/<key>._V1_<operations>.jpg`: what stands after the key only
says how the server scales and crops the picture, so one address of it leads to all its sizes.
"""

import re
from urllib.parse import urlsplit, urlunsplit

IMAGE_HOST = "m.media-amazon.com"
# Of the replica that stands in for IMDb: it names its pictures in the same way.
REPLICA_IMAGE_HOST = "images.replica.invalid"
_DEAD_HOSTS = ("ia.media-imdb.com", "images-na.ssl-images-amazon.com")
_FORM = "._V1_QL75_UX300_.jpg"  # 300 pixels wide, not cropped
_EXTENSION = re.compile(r"\.(jpe?g|png|webp)$", re.IGNORECASE)


def image_address(address: str) -> str:
    """The address under which a picture is asked for.

    Args:
        address: http or https, as a page or a table spells it.

    Returns:
        For a picture of IMDb's, the one form that is 300 pixels wide, at the host that still
        answers; any other address as it is, but https.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:  # such as an unclosed bracket in the host: whoever fetches it says so
        return address
    if parts.scheme not in ("http", "https"):
        return address
    if not _is_image_host(host):
        return re.sub("^http:", "https:", address, flags=re.IGNORECASE)
    folder, slash, name = parts.path.rpartition("/")
    key = name.partition("._")[0] if "._" in name else _EXTENSION.sub("", name)
    path = f"{folder}{slash}{key}{_FORM}" if key else parts.path
    return urlunsplit(("https", IMAGE_HOST if host in _DEAD_HOSTS else str(host), path, "", ""))


def is_placeholder(address: str) -> bool:
    """Whether an address is of the picture that IMDb shows where it has no poster."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return "nopicture" in address or (
        _is_image_host(host) and parts.path.startswith("/images/G/")  # the site's own graphics
    )


def _is_image_host(host: str | None) -> bool:
    # `hostname` is in lower case already.
    return host in (IMAGE_HOST, REPLICA_IMAGE_HOST, *_DEAD_HOSTS)
