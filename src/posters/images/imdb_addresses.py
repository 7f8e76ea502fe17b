"""Addresses of IMDb: of movies, and of pictures, with how to recognise a placeholder.

The form is `https://m.media-amazon.com/images/M/<key>._V1_<operations>.jpg`. The operations only
say how the server scales and crops the picture, so one address of it leads to all its sizes.
"""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

IMAGE_HOST = "m.media-amazon.com"
# Of the local replica of IMDb, which names its pictures in the same way.
REPLICA_IMAGE_HOST = "images.replica.invalid"
_OLD_HOSTS = ("ia.media-imdb.com", "images-na.ssl-images-amazon.com")  # no longer answer
_SITE_GRAPHICS = ("/images/G/", "/images/S/sash/")  # folders of pictures that are no posters
_OPERATIONS = "._V1_QL75_UX300_.jpg"  # 300 pixels wide, not cropped
_EXTENSION = re.compile(r"\.(jpe?g|png|webp)$", re.IGNORECASE)


def title_address(imdb_id: str) -> str:
    """The page of a movie."""
    return f"https://www.imdb.com/title/{imdb_id}/"


def image_address(address: str) -> str:
    """The address under which a picture is requested, always https.

    For a picture of IMDb: its form with a width of 300 pixels, at the host that still answers.
    """
    parts = _split(address)
    if parts.scheme not in ("http", "https"):
        return address
    if not _is_image_host(parts):
        return re.sub("^http:", "https:", address, flags=re.IGNORECASE)
    folder, slash, name = parts.path.rpartition("/")
    key = name.partition("._")[0] if "._" in name else _EXTENSION.sub("", name)
    path = f"{folder}{slash}{key}{_OPERATIONS}" if key else parts.path
    host = IMAGE_HOST if parts.hostname in _OLD_HOSTS else str(parts.hostname)
    return urlunsplit(("https", host, path, "", ""))


def is_placeholder(address: str) -> bool:
    """Whether an address leads to the picture that IMDb shows where it has no poster."""
    parts = _split(address)
    is_site_graphic = _is_image_host(parts) and parts.path.startswith(_SITE_GRAPHICS)
    return is_site_graphic or "nopicture" in address


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # such as an unclosed bracket in the host: the request will be refused
        return urlsplit("")


def _is_image_host(parts: SplitResult) -> bool:
    return parts.hostname in (IMAGE_HOST, REPLICA_IMAGE_HOST, *_OLD_HOSTS)
