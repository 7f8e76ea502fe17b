"""Metadata of picture files: taken out without touching a pixel.

A file is walked piece by piece and the pieces that decide its pixels and colours are copied as
they are; what a camera, an editor or a site wrote beside them is left out. A list of what stays,
not of what goes, so that metadata unknown here goes too.

    format      pieces      stay
    JPEG        segments    JFIF without its thumbnail, ICC profile, Adobe's colour transform,
                            tables, frames, scans; all of the first picture only
    PNG         chunks      header, palette, transparency, colour space, pixels of the first picture
    WebP        chunks      header, ICC profile, alpha, pixels, animation

Sources: ITU-T T.81 (JPEG), T.871 (JFIF) and T.872 (Adobe's segment); CIPA DC-008 (Exif);
ICC.1, annex B (profiles in files); W3C Portable Network Graphics, third edition; RFC 9649 (WebP).
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from itertools import dropwhile
from typing import NamedTuple

from PIL import ExifTags, Image, ImageOps

from posters.errors import PosterRefused

_SOI = b"\xff\xd8"
_EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _COM = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_TEM_RST, _SOI_EOI = {0x01, *range(0xD0, 0xD8)}, {0xD8, _EOI}  # markers without a segment
# Frames, Huffman tables, arithmetic coding; SOI, EOI, scans, quantization, lines, restarts.
_DECODING = {*range(0xC0, 0xD0), *range(0xD8, 0xDE)} - {0xC8}
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
# Within a scan, FF00 is a byte of data, RST0-RST7 belong to it and decoders skip FF01-FFBF.
_MARKER_ENDING_A_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_JFIF_SIZE, _ADOBE_SIZE = 14, 12  # what decoders ask for; thumbnails and the like follow

_PNG_SIGNATURE_SIZE = 8
_PNG_KIND = re.compile(rb"\w{4}")
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"} | {
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT")  # colour
}
_PNG_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}

_WEBP_KEPT = {b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"}
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04


def strip_metadata(content: bytes) -> bytes:
    """Take the metadata out of a JPEG, PNG or WebP file.

    The pixels are not compressed anew: `posters.images.pictures.open_image` gives the same ones before and
    after, upright the same way. A picture that a camera's mark turns keeps that mark alone. Of a
    file with several pictures the first one stays, but an animated WebP stays whole. What is
    stripped already comes back as it is, and nothing comes back larger, but for that mark where
    XMP told it.

    Args:
        content: a file that `open_image` accepts.

    Raises:
        PosterRefused: `unreadable` when it is no JPEG, PNG or WebP, or is too damaged to walk.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
        if image.format == "PNG":
            image.load()  # the mark may come after the pixels
    except Exception as error:
        # Damage comes out of Pillow's decoders as almost any exception.
        raise _refused(str(error)) from error
    orientation = _orientation(image)
    mark = _orientation_mark(orientation) if orientation > 1 else b""
    if image.format == "PNG":
        return _strip_png(content, mark)
    if image.format == "WEBP":
        return _strip_webp(content, mark)
    return _strip_jpeg(content, mark)


def _refused(found: str) -> PosterRefused:
    return PosterRefused("unreadable", f"{found}; expected a whole JPEG, PNG or WebP")


def _orientation(image: Image.Image) -> int:
    """How Pillow would turn the picture: 2-8 of Exif's tag, or 1 for not at all.

    Exif, XMP and PNG's texts can all tell; Pillow is asked, for it has to see the same afterwards.
    """
    stand_in = Image.new("L", (1, 1))
    stand_in.info = dict(image.info)
    try:
        # A mark counts only if turning the picture by it succeeds, as in `open_image`.
        ImageOps.exif_transpose(stand_in)
        orientation = stand_in.getexif().get(ExifTags.Base.Orientation, 1)
        return int(orientation) if orientation in range(2, 9) else 1
    except Exception:
        # A mark that is damaged is none, and Pillow's parsers fail in many ways.
        return 1


def _orientation_mark(orientation: int) -> bytes:
    """The smallest Exif there is: a TIFF header and one directory of one entry."""
    header = struct.pack(">2sHI", b"MM", 42, 8)
    entry = struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, orientation, 0)  # 3: SHORT
    return header + struct.pack(">H", 1) + entry + struct.pack(">I", 0)


class _Segment(NamedTuple):
    """A JPEG segment: `whole` has the fill bytes before it and the scan's data behind it."""

    code: int
    payload: bytes
    whole: bytes


def _strip_jpeg(content: bytes, mark: bytes) -> bytes:
    segments = list(_jpeg_segments(content))
    if not any(segment.code == _SOS for segment in segments):
        raise _refused("a JPEG without a scan")
    exif = _jpeg_segment(_APP1, b"Exif\0\0" + mark) if mark else b""
    return _SOI + exif + b"".join(map(_kept_of_segment, segments))


def _jpeg_segments(content: bytes) -> Iterator[_Segment]:
    """Walk the first picture of a JPEG file, from behind its SOI through its EOI.

    Stray bytes and restart markers before the first scan are passed over, as decoders do. An EOI
    there closes a file of tables alone, and the picture follows. What follows a scan and is no
    segment with a marker behind it is damage, which decoders fill up from around it: it counts as
    the scan's data, so that it stays.

    Raises:
        PosterRefused: `unreadable` for damage before the first scan.
    """
    position, scanned = len(_SOI), False
    while found := _MARKER.search(content, position):
        code, start, sized = content[found.end() - 1], found.start(), found.end()
        if code in _TEM_RST:
            position = sized
            continue
        # A size counts itself; decoders take a smaller one for an empty segment.
        size = 0 if code in _SOI_EOI else max(2, int.from_bytes(content[sized : sized + 2], "big"))
        end = sized + size
        known = code in _DECODING or _APP0 <= code < _APP0 + 16 or code == _COM
        if not scanned and (not known or end > len(content)):
            raise _refused(f"a JPEG with a damaged segment FF{code:02X} at byte {start}")
        payload = content[sized + 2 : end]
        last = scanned and code == _EOI
        if code == _SOS or (scanned and not last and not _MARKER_ENDING_A_SCAN.match(content, end)):
            code, scanned = _SOS, True
            after = _MARKER_ENDING_A_SCAN.search(content, end)
            end = after.start() if after else len(content)
        fill = position + len(content[position:start].rstrip(b"\xff"))
        yield _Segment(code, payload, content[fill:end])
        if last:
            return
        position = end


def _kept_of_segment(segment: _Segment) -> bytes:
    code, payload, whole = segment
    if code == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= _JFIF_SIZE:
        return _jpeg_segment(_APP0, payload[: _JFIF_SIZE - 2] + b"\0\0")  # a thumbnail of 0 x 0
    if code == _APP14 and payload.startswith(b"Adobe") and len(payload) >= _ADOBE_SIZE:
        return _jpeg_segment(_APP14, payload[:_ADOBE_SIZE])
    is_profile = code == _APP2 and payload.startswith(b"ICC_PROFILE\0")
    return whole if is_profile or code in _DECODING else b""


def _jpeg_segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, 2 + len(payload)) + payload


def _strip_png(content: bytes, mark: bytes) -> bytes:
    # Pillow takes no notice of pixels before the header; then nothing else there counts either.
    chunks = list(dropwhile(lambda chunk: chunk[0] != b"IHDR", _png_chunks(content)))
    kinds = [kind for kind, _ in chunks]
    first = next((at for at, kind in enumerate(kinds) if kind in (b"IDAT", b"fdAT")), None)
    if first is None:
        raise _refused("a PNG without pixels")
    after = next((at for at in range(first, len(kinds)) if kinds[at] != b"IDAT"), len(kinds))
    # Only one run of IDAT is the picture. In a broken animation Pillow can find it elsewhere, or
    # place it by its fcTL; then the animation has to stay.
    whole_canvas = chunks[0][1][8:16] + bytes(8)  # the header's width and height, at (0, 0)
    broken = kinds[after : after + 1] == [b"fdAT"] or any(
        kind == b"fcTL" and whole[12:28] != whole_canvas for kind, whole in chunks[:first]
    )
    kept = _PNG_KEPT | (_PNG_ANIMATION if broken else set())
    pieces = [content[:_PNG_SIGNATURE_SIZE]]
    for at, (kind, whole) in enumerate(chunks):
        if at == first and mark:
            pieces.append(_png_chunk(b"eXIf", mark))
        if kind in kept and (kind != b"IDAT" or broken or at < after):
            pieces.append(whole)
    return b"".join(pieces)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk a PNG file's chunks: kind, and the whole with length and checksum.

    Pillow looks at no checksum from the pixels on and asks for no IEND, so neither is here.
    """
    position = _PNG_SIGNATURE_SIZE
    while position + 8 <= len(content):
        kind = content[position + 4 : position + 8]
        if not _PNG_KIND.fullmatch(kind):
            return
        end = position + 12 + int.from_bytes(content[position : position + 4], "big")
        yield kind, content[position:end]
        if kind == b"IEND":
            return
        position = end


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _strip_webp(content: bytes, mark: bytes) -> bytes:
    pieces = []
    for kind, whole in _webp_chunks(content):
        if kind == b"VP8X":
            flags = whole[8] & ~(_WEBP_EXIF_FLAG | _WEBP_XMP_FLAG)
            flags |= _WEBP_EXIF_FLAG if mark else 0
            whole = whole[:8] + bytes([flags]) + whole[9:]
        if kind in _WEBP_KEPT:
            pieces.append(whole)
    if mark:
        pieces.append(struct.pack("<4sI", b"EXIF", len(mark)) + mark)
    body = b"WEBP" + b"".join(pieces)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk a WebP file's chunks: kind, and the whole with its padding byte.

    Pillow has opened the file, and its decoder checks every size on the way.
    """
    position, end = 12, min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    while position + 8 <= end:
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        after = position + 8 + size + size % 2
        yield content[position : position + 4], content[position : min(after, end)]
        position = after
