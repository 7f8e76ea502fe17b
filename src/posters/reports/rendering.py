"""Render the templates of this package with the shared number formats."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from posters.reports import words

TEMPLATES = Path(__file__).with_name("templates")


def render_template(name: str, content: dict[str, object]) -> str:
    """A template filled with `content`; values are escaped in HTML, as titles are foreign text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=name.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        name: getattr(words, name) for name in ("count", "years", "signed_years", "percent")
    }
    return environment.get_template(name).render(content)
