"""Metadata goes, and every pixel, its colours and the way up stay."""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from posters.errors import PosterRefused
from posters.images.metadata import strip_metadata
from posters.images.pictures import open_image

SECRET = b"SECRET"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET</x:xmpmeta>'
MARK_SIZE = 36  # a JPEG segment with the smallest Exif; a chunk of PNG or WebP is no larger than 38
ORIENTATION = ExifTags.Base.Orientation


def picture(mode: str = "RGB", width: int = 45, height: int = 67) -> Image.Image:
    """Coarse colours with some noise, so that no turning or flipping gives the same picture."""
    generator = np.random.default_rng(3)
    patches = Image.fromarray(generator.integers(0, 256, (7, 5, 4), dtype=np.uint8))
    levels = np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    noisy = levels + generator.integers(-9, 10, levels.shape)
    image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257 + 3)
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def camera(orientation: int | None = None) -> Image.Exif:
    """What a camera writes: its name, a place on the earth, perhaps an orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (50.0, 4.0, 51.0), 29: "SECRET"})
    if orientation is not None:
        exif[ORIENTATION] = orientation
    return exif


def segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, 2 + len(payload)) + payload


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_kinds(content: bytes) -> Iterator[bytes]:
    position = 8
    while position < len(content):
        yield content[position + 4 : position + 8]
        position += 12 + int.from_bytes(content[position : position + 4], "big")


def before_first_scan(content: bytes, added: bytes) -> bytes:
    """Put bytes in front of a JPEG's frame header."""
    at = min(content.find(code) for code in (b"\xff\xc0", b"\xff\xc2") if code in content)
    return content[:at] + added + content[at:]


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    """A JPEG with all the metadata Pillow can write."""
    return encoded(
        picture(mode),
        "JPEG",
        exif=camera(),
        xmp=XMP,
        comment=SECRET,
        icc_profile=PROFILE,
        **options,
    )


def texts() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_text("Comment", b"SECRET" * 9, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add(b"tIME", bytes(7))
    info.add(b"prVt", SECRET)
    info.add(b"teSt", SECRET, after_idat=True)
    return info


def png(mode: str = "RGB", **options: Any) -> bytes:
    """A PNG with metadata of every kind, some of it behind the pixels."""
    return encoded(
        picture(mode), "PNG", exif=camera(), icc_profile=PROFILE, pnginfo=texts(), **options
    )


def webp(mode: str = "RGB", **options: Any) -> bytes:
    return encoded(picture(mode), "WEBP", exif=camera(), xmp=XMP, icc_profile=PROFILE, **options)


def with_riff_chunk(content: bytes, added: bytes) -> bytes:
    """Put a chunk behind all others of a WebP file."""
    return content[:4] + struct.pack("<I", len(content) - 8 + len(added)) + content[8:] + added


FURTHER = picture(width=30, height=40)
ANIMATION: dict[str, Any] = {"save_all": True, "append_images": [FURTHER.resize((45, 67))]}
JFIF_THUMBNAIL = b"JFIF\0\1\1\0\0\1\0\1\4\3" + b"SECRET" * 6
OTHER_SEGMENTS = (
    segment(0xE0, JFIF_THUMBNAIL)
    + segment(0xE0, b"JFXX\0\x10SECRET")
    + segment(0xE2, b"FPXR\0SECRET")
    + segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\6SECRET")
    + segment(0xEF, SECRET)
)

FILES = {
    "JPEG": jpeg(),
    "JPEG, progressive": jpeg(progressive=True),
    "JPEG, optimised": jpeg(optimize=True, quality=95, subsampling=0),
    "JPEG, restarts by row": jpeg(restart_marker_rows=1),
    "JPEG, restarts by block": jpeg(restart_marker_blocks=2, progressive=True),
    "JPEG, CMYK": jpeg("CMYK"),
    "JPEG, grey": jpeg("L"),
    "JPEG, RGB kept": jpeg(keep_rgb=True),
    "JPEG, other segments": before_first_scan(jpeg(), OTHER_SEGMENTS),
    "JPEG, junk behind": jpeg() + b"SECRET" + jpeg(),
    "MPO": encoded(
        picture(), "MPO", exif=camera(), comment=SECRET, save_all=True, append_images=[FURTHER]
    ),
    "PNG": png(),
    "PNG, black and white": png("1"),
    "PNG, grey": png("L"),
    "PNG, palette": png("P"),
    "PNG, palette, clear": png("P", transparency=3),
    "PNG, palette, half clear": png("P", transparency=bytes(range(100, 250))),
    "PNG, colour clear": png("RGB", transparency=(1, 2, 3)),
    "PNG, RGBA": png("RGBA"),
    "PNG, 16 bits": png("I;16"),
    "PNG, junk behind": png() + SECRET,
    "APNG": png(**ANIMATION),
    "APNG, still in front": png(default_image=True, **ANIMATION),
    "WebP": webp(),
    "WebP, lossless": webp(lossless=True),
    "WebP, alpha": webp("RGBA"),
    "WebP, animated": webp(**ANIMATION),
    "WebP, unknown chunk": with_riff_chunk(webp(), b"UNKN\6\0\0\0SECRET") + SECRET,
}


def assert_same_picture(before: bytes, after: bytes) -> None:
    expected, found = open_image(before), open_image(after)
    assert (found.mode, found.size) == (expected.mode, expected.size)
    assert np.array_equal(np.asarray(found), np.asarray(expected))
    for trait in ("icc_profile", "transparency", "gamma", "srgb", "chromaticity"):
        assert found.info.get(trait) == expected.info.get(trait), trait
    assert found.getpalette() == expected.getpalette()


def marks(content: bytes) -> dict[int, Any]:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return dict(image.getexif())


@pytest.mark.parametrize("kind", FILES)
def test_metadata_goes_and_the_picture_stays(kind: str) -> None:
    content = FILES[kind]
    assert SECRET in content
    assert open_image(content).info.get("icc_profile") == (None if kind == "MPO" else PROFILE)
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped
    assert marks(stripped) == {}
    assert len(stripped) < len(content)
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize("orientation", range(0, 10))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_of_the_camera_s_marks_the_orientation_alone_stays(
    format_name: str, orientation: int
) -> None:
    content = encoded(picture(), format_name, exif=camera(orientation))
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped
    assert marks(stripped) == ({ORIENTATION: orientation} if 2 <= orientation <= 8 else {})
    assert len(stripped) < len(content)
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_told_by_xmp_stays(format_name: str) -> None:
    xmp = b'<rdf:Description tiff:Orientation="6">SECRET</rdf:Description>'
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    options: dict[str, Any] = {"pnginfo": text} if format_name == "PNG" else {"xmp": xmp}
    content = encoded(picture(), format_name, **options)
    assert open_image(content).size == (67, 45)
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped
    assert marks(stripped) == {ORIENTATION: 6}


def test_an_orientation_behind_a_png_s_pixels_stays() -> None:
    end = chunk(b"IEND", b"")
    mark = chunk(b"eXIf", camera(5).tobytes()[6:])
    content = encoded(picture(), "PNG").removesuffix(end) + mark + end
    assert_same_picture(content, strip_metadata(content))
    assert list(png_kinds(strip_metadata(content))) == [b"IHDR", b"eXIf", b"IDAT", b"IEND"]


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_mark_goes(format_name: str) -> None:
    content = encoded(picture(), format_name, exif=b"Exif\0\0XX\0*\0\0\0\x08SECRET")
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exact", [False, True])
def test_a_file_without_metadata_comes_back_as_it_is(format_name: str, exact: bool) -> None:
    options = {"JPEG": {"progressive": exact}, "PNG": {"optimize": exact}}
    content = encoded(picture(), format_name, **options.get(format_name, {"lossless": exact}))
    assert strip_metadata(content) == content


def test_only_what_decides_pixels_and_colours_stays_in_a_png() -> None:
    kinds = list(png_kinds(strip_metadata(png("P", transparency=3, dpi=(300, 300)))))
    assert kinds == [b"IHDR", b"iCCP", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_an_animated_webp_keeps_its_frames_and_an_mpo_its_first_picture() -> None:
    with Image.open(io.BytesIO(strip_metadata(FILES["WebP, animated"]))) as image:
        assert image.n_frames == 2  # type: ignore[attr-defined]
    assert open_image(strip_metadata(FILES["MPO"])).format == "JPEG"


def test_a_thumbnail_in_jfif_goes_and_the_density_stays() -> None:
    content = jpeg().replace(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), b"")
    content = content[:2] + segment(0xE0, JFIF_THUMBNAIL) + content[2:]
    assert strip_metadata(content)[2:20] == segment(0xE0, JFIF_THUMBNAIL[:12] + b"\0\0")


# A whole and plain JPEG, taken apart.
PLAIN = encoded(picture(width=48, height=64), "JPEG")  # decoders take this one without its end
HEAD, BODY = PLAIN[:20], PLAIN[20:]
SCAN = BODY.index(b"\xff\xda")
MIDDLE = SCAN + (len(BODY) - SCAN) // 2
COMMENT = segment(0xFE, SECRET)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEAD + b"\xff\xff\xff" + BODY, id="fill bytes"),
        pytest.param(HEAD + b"\xff\xff\xff" + COMMENT + BODY, id="fill bytes before a comment"),
        pytest.param(HEAD + b"SECRET" + BODY, id="stray bytes"),
        pytest.param(HEAD + b"\xff\0SECRET\xff\xd0" + BODY, id="stray bytes with markers"),
        pytest.param(HEAD + b"\xff\xe5\0\0" + BODY, id="an empty segment of no size"),
        pytest.param(HEAD + COMMENT + b"\xff\xd9" + PLAIN, id="tables alone in front"),
        pytest.param(HEAD[:2] + BODY, id="no JFIF"),
        pytest.param(HEAD + segment(0xE0, b"JFIF\0SECRET") + BODY, id="a short JFIF"),
        pytest.param(HEAD[:2] + segment(0xEE, b"Adobe\0d\0\0\0\0\0SECRET") + BODY, id="Adobe"),
        pytest.param(HEAD + segment(0xEE, b"SECRET") + BODY, id="another APP14"),
        pytest.param(PLAIN[:-2] + COMMENT + PLAIN[-2:], id="a comment before the end"),
        pytest.param(PLAIN[:-2] + b"\xff\xff" + PLAIN[-2:], id="fill bytes before the end"),
    ],
)
def test_odd_jpegs_that_decoders_take_stay_the_same_picture(content: bytes) -> None:
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped
    assert len(stripped) <= len(content)
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN[:-2], id="no end"),
        pytest.param(PLAIN[:-1], id="half an end"),
        pytest.param(PLAIN[:-2] + COMMENT, id="a comment for an end"),
        pytest.param(PLAIN[:-2] + COMMENT[:-1], id="half a comment for an end"),
        pytest.param(HEAD + BODY[:MIDDLE] + COMMENT, id="half the pixels and a comment"),
        pytest.param(
            HEAD + BODY[:MIDDLE] + COMMENT + BODY[MIDDLE:], id="a comment amid the pixels"
        ),
    ],
)
def test_jpegs_damaged_behind_their_header_stay_as_they_are(content: bytes) -> None:
    """Decoders fill up what is missing from what is around it: each byte may count."""
    assert open_image(content).size == (48, 64)
    assert strip_metadata(content) == content


def png_of(*chunks: bytes, width: int = 1, height: int = 1) -> bytes:
    """A grey PNG with these chunks behind its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return SIGNATURE + header + b"".join(chunks)


SIGNATURE = b"\x89PNG\r\n\x1a\n"
ROW = zlib.compress(b"\0\x61")
DATA = chunk(b"IDAT", ROW)
END = chunk(b"IEND", b"")
TEXT = chunk(b"tEXt", b"a\0SECRET")
CONTROL = chunk(b"acTL", struct.pack(">II", 1, 0))


def frame(number: int, x: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 1, 1, x, 0, 1, 1, 0, 0))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_of(DATA[:-1] + b"x", END), id="wrong checksum of the pixels"),
        pytest.param(png_of(DATA, TEXT[:-1] + b"x", END), id="wrong checksum of a text"),
        pytest.param(SIGNATURE + DATA + png_of(DATA, END)[8:], id="pixels before the header"),
        pytest.param(png_of(DATA), id="no end"),
        pytest.param(png_of(DATA[:-4]), id="no checksum"),
        pytest.param(png_of(DATA, TEXT, DATA, END), id="pixels twice"),
        pytest.param(png_of(DATA, END[:5]), id="half an end"),
        pytest.param(
            png_of(chunk(b"IDAT", ROW[:5]), chunk(b"IDAT", b""), chunk(b"IDAT", ROW[5:]), END),
            id="pixels in pieces",
        ),
        pytest.param(png_of(DATA, chunk(b"tRNS", b"\0\x61"), END), id="transparency last"),
        pytest.param(png_of(CONTROL, frame(0, 0), DATA, END), id="animation"),
        pytest.param(png_of(CONTROL, frame(0, 1), DATA, END, width=2), id="frame off the corner"),
        pytest.param(
            png_of(CONTROL, frame(0, 0), chunk(b"fdAT", b"\0\0\0\1" + ROW), END),
            id="no pixels but a frame's",
        ),
    ],
)
def test_odd_pngs_that_decoders_take_stay_the_same_picture(content: bytes) -> None:
    stripped = strip_metadata(content)
    assert_same_picture(content, stripped)
    assert SECRET not in stripped
    assert len(stripped) <= len(content)
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>404</html>", id="HTML"),
        pytest.param(encoded(picture(), "GIF"), id="GIF"),
        pytest.param(PLAIN[:2], id="a JPEG's first bytes"),
        pytest.param(HEAD + b"\xff\xf0\0\4ab" + BODY, id="a JPEG with an unknown segment"),
        pytest.param(HEAD + BODY[:SCAN], id="a JPEG without a scan"),
        pytest.param(HEAD + BODY[: SCAN + 3], id="a JPEG cut within a scan's header"),
        pytest.param(png_of(END), id="a PNG without pixels"),
        pytest.param(png_of(TEXT[:-6]), id="a PNG cut within a text"),
        pytest.param(FILES["WebP"][:-1], id="a WebP cut short"),
    ],
)
def test_what_can_t_be_walked_is_refused(content: bytes) -> None:
    with pytest.raises(PosterRefused, match="expected a whole JPEG, PNG or WebP") as refused:
        strip_metadata(content)
    assert refused.value.reason == "unreadable"


def damaged(content: bytes) -> Iterator[bytes]:
    """The file cut short everywhere, with wrong bytes, without some and with some twice."""
    for size in range(0, len(content), 7):
        yield content[:size]
    generator = np.random.default_rng(len(content))
    for _ in range(120):
        wrong = bytearray(content)
        for at in generator.integers(0, len(content), generator.integers(1, 4)):
            wrong[at] = generator.choice([0x00, 0xFF, generator.integers(256)])
        yield bytes(wrong)
        start, end = sorted(generator.integers(0, len(content), 2))
        yield content[:start] + content[end:]
        yield content[:end] + content[start:]


@pytest.mark.filterwarnings("ignore")  # Pillow's, on what is damaged
@pytest.mark.parametrize("kind", FILES)
def test_no_damage_leads_astray(kind: str) -> None:
    for content in damaged(FILES[kind]):
        try:
            stripped = strip_metadata(content)
        except PosterRefused:
            with pytest.raises(PosterRefused):
                open_image(content)
            continue
        assert len(stripped) <= len(content) + MARK_SIZE
        assert strip_metadata(stripped) == stripped
        try:
            open_image(content)
        except PosterRefused:
            continue
        assert_same_picture(content, stripped)


def test_a_long_run_of_fill_bytes_takes_no_long_time() -> None:
    content = HEAD + b"\xff" * 200_000 + BODY
    assert_same_picture(content, strip_metadata(content))


def test_real_posters_stay_the_same_pictures(shared: Path) -> None:
    paths = sorted((shared / "posters").glob("*/*.jpg"))
    for path in paths[:: max(1, len(paths) // 200)]:
        content = path.read_bytes()
        stripped = strip_metadata(content)
        assert_same_picture(content, stripped)
        assert len(stripped) <= len(content), path.name
