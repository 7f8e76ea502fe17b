"""All errors that this project raises on purpose; `PostersError` is the base class.

Each message says what was wrong, what was expected, and what to do.
"""


class PostersError(Exception):
    """The base class of all errors raised on purpose."""


class ParamsError(PostersError):
    """A parameter is unknown, of the wrong type, or out of range."""


class TableError(PostersError):
    """A table of movies lacks a column, repeats an id, or has an invalid year."""


class SourceError(PostersError):
    """A site or file of a source does not respond as expected."""


class SiteBlocked(SourceError):
    """A site returns a firewall's challenge; this run sends it no more requests."""


class SiteUnreachable(SourceError):
    """A site or its robots.txt can't be reached; this run sends it no more requests."""


class FetchFailed(PostersError):
    """One URL can't be fetched; the run continues without it.

    Attributes:
        reason: a short name of the cause, to count failures by: `HTTP 404`, `timeout`,
            `no connection`, `cut short`, `too large`, `other host` and so on.
        detail: what happened, without any API key.
        passing: whether a later run may succeed.
        again: whether to retry now.
        ours: whether our own limits refused it; other limits may allow it.
        retry_after: seconds to wait before the retry, if the server names them.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        passing: bool = False,
        again: bool = False,
        ours: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.passing = passing
        self.again = again
        self.ours = ours
        self.retry_after = retry_after


class PosterRefused(PostersError):
    """One picture can't be used; the run continues without it.

    Attributes:
        reason: a short name of the cause, to count refusals by: `missing`, `unreadable`,
            `too small`, `not portrait`, `too large`, `flat colour`, `duplicate`; or, if the site
            has no poster, `not listed`, `another year`, `no poster`, `placeholder`.
        url: the picture's URL, once it is known.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.url = ""


class BackboneError(PostersError):
    """The pre-trained network that the parameters name can't be loaded."""


class ClusterError(PostersError):
    """Ray is not installed, its cluster can't be reached, or one of its machines is unsuitable."""


class TrackingError(PostersError):
    """The MLflow server at `MLFLOW_TRACKING_URI` does not respond."""


class DataError(PostersError):
    """A file of an earlier stage is missing, or two of them don't match."""


class PageError(PostersError):
    """The local page can't be served: a package is missing, or its port is taken."""
