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
        reason: a short name of the cause, to count failures by: `HTTP 404`, `timeout`, ...
        detail: what happened, without any API key.
        temporary: whether a later run may succeed.
        retry: whether to retry now.
        own_limit: whether one of our own limits refused it; it is fetched if the limit changes.
        retry_after: seconds to wait before the retry, if the server names them.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        temporary: bool = False,
        retry: bool = False,
        own_limit: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.temporary = temporary
        self.retry = retry
        self.own_limit = own_limit
        self.retry_after = retry_after


class PosterRefused(PostersError):
    """One picture can't be used; the run continues without it.

    Attributes:
        reason: a short name of the cause, to count refusals by: `missing`, `too small`, ...
        detail: what was found and what was expected.
        url: the picture's URL, once it is known.
        with_advice: the message with what to do, which the detail may already say (`advised`).
    """

    def __init__(self, reason: str, detail: str, *, advised: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.url = ""
        self.with_advice = str(self) if advised else f"{self}; use another picture of this poster"


class BackboneError(PostersError):
    """The pre-trained network that the parameters name can't be loaded."""


class WeightsUnreachable(BackboneError):
    """ImageNet weights can't be downloaded; the message says why."""


class ClusterError(PostersError):
    """Ray is not installed, its cluster can't be reached, or one of its machines is unsuitable."""


class TrackingError(PostersError):
    """The MLflow server at `MLFLOW_TRACKING_URI` does not respond."""


class DataError(PostersError):
    """A file of an earlier stage is missing, or two of them don't match."""


class PageError(PostersError):
    """The local page can't be served: a package is missing, or its port is taken."""
