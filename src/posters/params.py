"""`params.yaml` as frozen objects that refuse unknown keys, wrong types and impossible values."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from posters import paths
from posters.errors import ParamsError

PRODUCT = "poster-year"
USER_AGENT = f"{PRODUCT}/0.1.0"

Year = Annotated[int, Field(ge=1870, le=2100)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1, strict=True)]
Name = Annotated[str, Field(min_length=1)]
# MLflow's addresses are `models:/name/version`.
ModelName = Annotated[str, Field(pattern=r"^[^/:]*[^/:\s][^/:]*$")]
Rate = Annotated[float, Field(gt=0, le=1000)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]
# It goes into a header.
Contact = Annotated[str, Field(pattern=r"^[!-~][ -~]*$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=32, strict=True)]
Size = Annotated[tuple[Side, Side], Field(strict=False)]


def _as_size(value: object) -> object:
    return (value, value) if isinstance(value, int) else value


def _not_empty(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("expected at least one layer, or null for the network's default layers")
    return names


class Section(BaseModel):
    """One section of `params.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class SourceParams(Section):
    """Where movies and posters come from."""

    kind: Literal["sample", "table", "imdb", "imdb_pages", "tmdb", "wikidata"]
    table: str | None
    pool: str | None
    replica: bool
    pages: str | None
    accept_tmdb_terms: bool

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        if self.tables_read and not (self.table and self.pool):
            raise ValueError(
                f"{'replica: true' if self.replica else 'kind: table'} needs both `table` (the "
                "initial catalogue) and `pool` (what a top-up draws on); with one table alone, "
                "name it twice and let scrape.movies be smaller"
            )
        if self.replica and self.kind != "imdb":
            raise ValueError("replica: true stands in for IMDb; set kind: imdb, or replica: false")
        if self.kind == "tmdb" and not self.accept_tmdb_terms:
            raise ValueError(
                "kind: tmdb needs accept_tmdb_terms: true. TMDB's terms of use count training a "
                "model as needing a written agreement with TMDB: read them "
                "(https://www.themoviedb.org/api-terms-of-use) and accept them only if you have it"
            )
        return self

    @property
    def tables_read(self) -> bool:
        """Whether `table` and `pool` are what is read."""
        return self.kind == "table" or self.replica

    @property
    def archive(self) -> Literal["replica", "live"]:
        """Whose answers are kept together: those of our own server, or of the real web."""
        return "replica" if self.kind == "sample" or self.replica else "live"


class ScrapeParams(Section):
    """The initial catalogue."""

    movies: Count
    first_year: Year
    last_year: Year
    min_votes: Annotated[int, Field(ge=0)]
    max_failed: Share
    seed: Seed

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError(
                f"first_year {self.first_year} is after last_year {self.last_year}; swap them"
            )
        return self

    @property
    def years(self) -> range:
        """All years asked about."""
        return range(self.first_year, self.last_year + 1)


class FetchParams(Section):
    """How the web is asked."""

    contact: Contact | None
    hosts: Annotated[tuple[Host, ...], Field(strict=False)]
    requests_per_second: Rate
    images_per_second: Rate
    tmdb_per_second: Rate
    image_connections: Annotated[int, Field(ge=1, le=16)]
    connect_timeout: Seconds
    read_timeout: Seconds
    total_timeout: Seconds
    dataset_timeout: Seconds
    retries: Annotated[int, Field(ge=0, le=10)]
    max_retry_after: Annotated[float, Field(ge=0)]
    redirects: Annotated[int, Field(ge=0, le=20)]

    @property
    def user_agent(self) -> str:
        """Who asks, without disguise: `name/version (+contact)`."""
        return USER_AGENT + (f" (+{self.contact})" if self.contact else "")


class PosterParams(Section):
    """What counts as a usable poster."""

    min_side: Count
    min_aspect: Annotated[float, Field(gt=0)]
    max_aspect: Annotated[float, Field(gt=0)]
    # What is decoded anywhere in the project (images.MAX_PIXELS); less can be asked for, not more.
    max_pixels: Annotated[int, Field(ge=1, le=40_000_000)]
    max_bytes: Count
    near_duplicate: Annotated[int, Field(ge=0, le=15)]
    placeholders: Annotated[tuple[Digest, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _aspects_in_order(self) -> Self:
        if self.min_aspect > self.max_aspect:
            raise ValueError(
                f"min_aspect {self.min_aspect:g} is above max_aspect {self.max_aspect:g}; swap them"
            )
        return self


class RebalanceParams(Section):
    """The top-up of the thin years, and the balanced test set aside before it."""

    t: Annotated[int, Field(ge=0)]
    before: Year
    reserve: Count

    def wanted(self, years: range) -> int:
        """How many movies are wanted beside the initial catalogue, at most."""
        thin = sum(year < self.before for year in years)
        return self.reserve * len(years) + self.t * thin


class EmbedParams(Section):
    """The frozen network that turns a poster into a vector."""

    backbone: Name
    weights: Name
    if_unreachable: Literal["random", "stop"]
    pooling: Literal["layers", "avg", "max", "flatten"]
    layers: Annotated[tuple[Name, ...], Field(strict=False), AfterValidator(_not_empty)] | None
    # A single number is the side of a square.
    input_size: Annotated[Size | None, BeforeValidator(_as_size)]
    precision: Literal["float32", "bfloat16"]
    engine: Literal["local", "ray"]
    batch_size: Count | None
    seed: Seed


class SplitParams(Section):
    """Who is trained on and who is tested on."""

    seed: Seed
    natural: Share
    validation: Share
    near_duplicate: Annotated[float, Field(gt=0, le=1)]


class TrainParams(Section):
    """The year head and its training."""

    head: Literal["distribution", "scalar"]
    # A list in YAML.
    hidden: Annotated[tuple[Count, ...], Field(strict=False)]
    input_dropout: Annotated[float, Field(ge=0, lt=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    label_width: Annotated[float, Field(gt=0)]
    prior_width: Annotated[float, Field(gt=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    batch_size: Count
    epochs: Count
    members: Count
    interval: Share
    seed: Seed


class EvaluateParams(Section):
    """What is reported, and where."""

    neighbours: Count
    queries: Count
    experiment: Name
    log_model: bool
    model_name: ModelName
    champion_by: Literal["natural", "balanced"]


class Params(Section):
    """All of `params.yaml`."""

    source: SourceParams
    scrape: ScrapeParams
    fetch: FetchParams
    posters: PosterParams
    rebalance: RebalanceParams
    embed: EmbedParams
    split: SplitParams
    train: TrainParams
    evaluate: EvaluateParams


def _say(problem: Any) -> str:
    key = ".".join(map(str, problem["loc"]))
    said = {
        "extra_forbidden": "is not a known parameter: check its spelling, or remove it",
        "missing": "is missing: add it (git has the file as it came)",
    }.get(problem["type"])
    if said is None:
        said = problem["msg"].removeprefix("Value error, ")
        if not isinstance(problem["input"], dict):
            said += f"; received {problem['input']!r}"
    return f"{key}: {said}"


def parse_params(content: object, name: str = "params.yaml") -> Params:
    """Check parsed YAML and freeze it.

    Raises:
        ParamsError: naming every unknown key, wrong type and impossible value at once.
    """
    if not isinstance(content, dict):
        raise ParamsError(f"{name}: expected sections with keys; received {type(content).__name__}")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        problems = [_say(problem) for problem in error.errors()]
        raise ParamsError(f"{name}: " + "; ".join(problems)) from error


def load_params(path: Path | None = None) -> Params:
    """Read and check `params.yaml`.

    Raises:
        ParamsError: the file is missing, is not YAML, or says something that can't be.
    """
    path = path or paths.PARAMS
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParamsError(f"{path.name} is missing: restore it with `git checkout`") from error
    except (yaml.YAMLError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ParamsError(f"{path.name} is not YAML: {reason}") from error
    return parse_params(content, path.name)


def flatten(params: Params) -> dict[str, Any]:
    """`{"rebalance.t": 30, ...}`: every parameter under its dotted name."""

    def walk(prefix: str, value: Any) -> Iterable[tuple[str, Any]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            yield prefix, value

    return dict(walk("", params.model_dump(mode="json")))
