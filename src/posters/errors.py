"""What can go wrong, as one tree.

    PostersError            catch this one
    ├── ParamsError         params.yaml says something that can't be
    ├── TableError          a table of movies is not one
    ├── SourceError         a site or file of a source does not answer as expected
    │   ├── SiteBlocked     a firewall lets no program in
    │   └── SiteUnreachable no connection, several times in a row
    ├── FetchFailed         one address of the web can't be had; the run goes on without it
    ├── PosterRefused       one picture can't be used; the run goes on without it
    ├── BackboneError       an unknown network, or weights that are missing or don't fit
    ├── ClusterError        Ray is missing, or its cluster can't do the work
    ├── TrackingError       MLflow's server does not answer
    ├── DataError           what an earlier stage wrote is missing or does not fit together
    └── PageError           the page can't be served

Each message says what was wrong, what was expected, and what to do.
"""


class PostersError(Exception):
    """Base of every error this project raises on purpose."""


class ParamsError(PostersError):
    """A parameter is unknown, of the wrong type, or out of range."""


class TableError(PostersError):
    """A table of movies lacks a column, repeats an id, or holds a year that is none."""


class SourceError(PostersError):
    """A site or file of a source does not answer as expected."""


class SiteBlocked(SourceError):
    """A site answers with a firewall's challenge: it isn't asked again in this run."""


class SiteUnreachable(SourceError):
    """A site gives no connection, or no rules to obey: it isn't asked again in this run."""


class FetchFailed(PostersError):
    """One address of the web can't be had.

    Attributes:
        reason: a short name, the same for the same cause, to count by: `HTTP 404`, `timeout`,
            `no connection`, `cut short`, `too large`, `other host` and the like.
        detail: what happened, without any key.
        passing: whether it may be had another day.
        again: whether to try once more now.
        ours: whether it is our own limits that refuse it: with others it may be had.
        retry_after: seconds that the server asks to wait before that, if it does.
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
    """One picture can't be used.

    Attributes:
        reason: a short name, the same for the same cause, to count by: `missing`, `unreadable`,
            `too small`, `not portrait`, `too large`, `flat colour`, `duplicate`; of a site that
            offers none: `not listed`, `another year`, `no poster`, `placeholder`.
        url: where the picture came from, once that is known.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.url = ""


class BackboneError(PostersError):
    """The pre-trained network can't be had as the parameters ask."""


class ClusterError(PostersError):
    """Ray is not installed, its cluster can't be reached, or a machine of it can't do the work."""


class TrackingError(PostersError):
    """The MLflow server that `MLFLOW_TRACKING_URI` names does not answer."""


class DataError(PostersError):
    """A file of an earlier stage is missing, or two of them don't belong together."""


class PageError(PostersError):
    """The local page can't be served: a package is missing, or its port is taken."""
