"""What the HTML pages share: templates with the number formats, and thumbnails."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from posters.images.pictures import PosterLike, to_rgb
from posters.reports import words
from posters.reports.palette import DARK, LIGHT, css_variables

TEMPLATES = Path(__file__).with_name("templates")


def render_template(name: str, content: Mapping[str, object], folder: Path = TEMPLATES) -> str:
    """A template filled with `content` and the colours `light` and `dark`, as CSS variables.

    Values are escaped in HTML, as titles are foreign text.
    `folder` has the template; it may include those of the report.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=name.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        name: getattr(words, name) for name in ("count", "years", "signed_years", "percent")
    }
    colours = {"light": css_variables(LIGHT), "dark": css_variables(DARK)}
    return environment.get_template(name).render(content, **colours)


def thumbnail(poster: PosterLike, size: tuple[int, int] = (176, 264), quality: int = 72) -> str:
    """A poster as the data URI of a JPEG of at most `size` pixels.

    Raises:
        PosterRefused: the poster can't be read.
    """
    image = to_rgb(poster)
    image.thumbnail(size, Image.Resampling.LANCZOS)
    with io.BytesIO() as buffer:
        image.save(buffer, format="JPEG", quality=quality, optimize=True)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
