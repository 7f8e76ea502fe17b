"""Files that are small but take long to decode: their parts are counted before they are decoded."""

import re

from PIL import Image, TiffImagePlugin

from posters.errors import PosterRefused

# Each scan of a progressive JPEG passes over the whole picture; usual are 10.
MAX_SCANS = 100
# Pillow reads the segments of a JPEG and the chunks of a PNG one by one in Python, and joins
# segments of Exif data in quadratic time. Usual are 20 segments, and a chunk for every 8 KB.
_MAX_SEGMENTS = 250
_MAX_CHUNKS = 10_000
# Pillow decompresses each colour profile of a PNG, up to 1 MB from a chunk of 1 KB. One is allowed.
_PROFILE = b"iCCP"
# The markers of a JPEG that are followed by a length, and the one at its end.
_MARKER = re.compile(rb"\xff([\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe])")
_TILE_WIDTH, _TILE_LENGTH, _TILE_BYTES, _STRIP_BYTES = 322, 323, 325, 279  # TIFF 6.0
_RUNS, _MAX_RUNS = (1, 2), 2_000_000  # kinds of compression of a BMP; bytes
_END, _SCAN = b"\xd9", b"\xda"


def count_scans(content: bytes) -> int:
    """Count the scans of a JPEG (ITU-T T.81, annex B) up to its end; 0 in other files.

    Raises:
        PosterRefused: `too complex` if it has too many segments.
    """
    if not content.startswith(b"\xff\xd8"):
        return 0
    scans = position = 0
    for _ in range(_MAX_SEGMENTS):
        marker = _MARKER.search(content, position)
        # Pillow reads on after an end that no scan precedes.
        if not marker or (marker[1] == _END and scans):
            return scans
        scans += marker[1] == _SCAN
        position = marker.end()
        if marker[1] != _END:
            position += int.from_bytes(content[position : position + 2])
    raise too_complex(f"more than {_MAX_SEGMENTS} segments")


def check_chunks(content: bytes) -> None:
    """Raise `PosterRefused`, `too complex`, if a PNG has too many chunks or colour profiles."""
    if content.startswith(b"\x89PNG"):
        chunks, profiles, position = 0, 0, 8
        while position < len(content):
            chunks += 1
            profiles += content[position + 4 : position + 8] == _PROFILE
            position += 12 + int.from_bytes(content[position : position + 4])
            if chunks > _MAX_CHUNKS:
                raise too_complex(f"more than {_MAX_CHUNKS:,} chunks")
            if profiles > 1:
                raise too_complex("more than one colour profile")


def check_parts(image: Image.Image, size: int, max_pixels: int) -> None:
    """Raise `PosterRefused` if parts of a TIFF or BMP take long to decode.

    Args:
        image: opened, but not decoded.
        size: of the file in bytes.
        max_pixels: that may be decoded.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tags = image.tag_v2
        tile = tags.get(_TILE_WIDTH, 1) * tags.get(_TILE_LENGTH, 1)
        if tile > max_pixels:
            raise too_complex(f"tiles of {tile:,} pixels")
        # Parts that share their bytes would be decoded again and again.
        if sum(tags.get(_STRIP_BYTES) or tags.get(_TILE_BYTES) or ()) > size:
            raise PosterRefused("unreadable", "its parts are larger than it; expected a whole TIFF")
    # Pillow decodes runs in Python.
    if image.format == "BMP" and image.info.get("compression") in _RUNS and size > _MAX_RUNS:
        raise too_complex(f"more than {_MAX_RUNS:,} bytes of runs")


def too_complex(found: str) -> PosterRefused:
    """The refusal of a file with too many parts."""
    detail = f"it has {found}; save it again as an ordinary picture"
    return PosterRefused("too complex", detail, advised=True)
