"""Small files that would take long to decode, or much memory, are refused before that."""

import struct

import pytest
from small_pictures import encoded, noise

from posters.errors import PosterRefused
from posters.images.pictures import to_rgb


def tiff(data: bytes, *tags: tuple[int, int], shared: int = 0) -> bytes:
    """A grey TIFF of 100 pixels a side; `shared` strips all consist of the same data."""
    entries = {256: 100, 257: 100, 258: 8, 259: 1, 262: 1, 277: 1, **dict(tags)}
    start = 8 + len(data)
    after = start + 2 + 12 * (len(entries) + 2 * bool(shared)) + 4
    if shared:
        entries |= {273: after, 279: after + 4 * shared}
    directory = b"".join(
        struct.pack("<HHII", tag, 4, shared if tag in (273, 279) else 1, value)
        for tag, value in sorted(entries.items())
    )
    head = b"II*\0" + struct.pack("<I", start) + data
    lists = struct.pack(f"<{2 * shared}I", *[8] * shared, *[len(data)] * shared)
    return head + struct.pack("<H", len(entries)) + directory + bytes(4) + lists


def bmp_of_runs(rows: int) -> bytes:
    """A BMP of 1,000 columns that are runs of one pixel."""
    runs = (b"\1\5\1\7" * 500 + b"\0\0") * rows + b"\0\1"
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))
    header = struct.pack("<IiiHHIIiiII", 40, 1000, rows, 1, 8, 1, len(runs), 0, 0, 256, 0)
    offset = 14 + len(header) + len(palette)
    size = offset + len(runs)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, offset) + header + palette + runs


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            tiff(b"", (322, 44_000), (323, 44_000), (324, 8), (325, 8)),
            "too complex: .*tiles of 1,9",
        ),
        (tiff(bytes(1000), (278, 1), shared=100), "unreadable: its parts are larger than it"),
        (bmp_of_runs(rows=1500), "too complex: .*2,000,000 bytes of runs; save it again"),
    ],
    ids=["huge tile", "strips that share their bytes", "millions of runs"],
)
def test_parts_that_take_long_are_refused(content: bytes, expected: str) -> None:
    with pytest.raises(PosterRefused, match=f"^{expected}"):
        to_rgb(content)


def test_ordinary_files_have_no_such_parts() -> None:
    assert to_rgb(bmp_of_runs(rows=20)).size == (1000, 20)
    for options in ({}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}):
        assert to_rgb(encoded(noise(), "TIFF", **options)).size == (120, 180)
    for mode in ("RGBA", "P", "1"):
        assert to_rgb(encoded(noise(1500, 2000).convert(mode), "BMP")).size == (1500, 2000)
