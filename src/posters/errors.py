"""What can go wrong, as one tree.

    PostersError            catch this one
    ├── ParamsError         params.yaml says something that can't be
    ├── TableError          a table of movies is not one
    ├── PosterRefused       one picture can't be used; the run goes on without it
    ├── BackboneError       an unknown network, or weights that are missing or don't fit
    └── DataError           what an earlier stage wrote is missing or does not fit together

Each message says what was wrong, what was expected, and what to do.
"""


class PostersError(Exception):
    """Base of every error this project raises on purpose."""


class ParamsError(PostersError):
    """A parameter is unknown, of the wrong type, or out of range."""


class TableError(PostersError):
    """A table of movies lacks a column, repeats an id, or holds a year that is none."""


class PosterRefused(PostersError):
    """One picture can't be used.

    Attributes:
        reason: a short name, the same for the same cause, to count by: `missing`, `unreadable`,
            `too small`, `not portrait`, `too large`, `flat colour`, `duplicate`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class BackboneError(PostersError):
    """The pre-trained network can't be had as the parameters ask."""


class DataError(PostersError):
    """A file of an earlier stage is missing, or two of them don't belong together."""
