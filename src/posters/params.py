"""`params.yaml` as frozen objects; unknown keys, wrong types and invalid values are refused."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from posters import paths
from posters.errors import ParamsError

PRODUCT = "poster-year"
USER_AGENT = f"{PRODUCT}/0.1.0"

Year = Annotated[int, Field(ge=1870, le=2100)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
NotNegative = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1, strict=True)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1000)]
Name = Annotated[str, Field(min_length=1)]
Side = Annotated[int, Field(ge=32, strict=True)]


class Section(BaseModel):
    """One section of `params.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class SourceParams(Section):
    """Where movies and posters come from."""

    kind: Literal["sample", "table", "imdb", "imdb_pages", "tmdb", "wikidata"]
    table: str | None
    pool: str | None
    allow_outside: bool
    replica: bool
    pages: str | None
    accept_tmdb_terms: bool
    min_votes: NotNegative

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.tables_read and not (self.table and self.pool):
            raise ValueError(
                f"{'replica: true' if self.replica else 'kind: table'} needs both `table` (the "
                "initial catalogue) and `pool` (movies for the top-up); if you have only one "
                "table, name it twice and set scrape.movies below its size"
            )
        if self.replica and self.kind != "imdb":
            raise ValueError("replica: true replaces IMDb; set kind: imdb, or replica: false")
        if self.kind == "tmdb" and not self.accept_tmdb_terms:
            raise ValueError(
                "kind: tmdb needs accept_tmdb_terms: true. TMDB's terms of use require a written "
                "agreement to train a model: read them "
                "(https://www.themoviedb.org/api-terms-of-use) and accept them only if you have one"
            )
        return self

    @property
    def tables_read(self) -> bool:
        """Whether movies come from `table` and `pool`."""
        return self.kind == "table" or self.replica

    @property
    def archive(self) -> Literal["replica", "live"]:
        """The archive of web responses: of the local server, or of the real web."""
        return "replica" if self.kind == "sample" or self.replica else "live"


class ScrapeParams(Section):
    """The initial catalogue."""

    movies: Count
    first_year: Year
    last_year: Year
    max_failed: Share
    seed: Seed

    @model_validator(mode="after")
    def _check_years(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError(
                f"first_year {self.first_year} is after last_year {self.last_year}; swap them"
            )
        return self

    @property
    def years(self) -> range:
        """All requested years."""
        return range(self.first_year, self.last_year + 1)


class FetchParams(Section):
    """Rates, timeouts (in seconds) and limits of requests."""

    # Sent in the User-Agent header.
    contact: Annotated[str, Field(pattern=r"^[!-~][ -~]*$")] | None
    hosts: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")], ...],
        Field(strict=False),
    ]
    requests_per_second: Rate
    images_per_second: Rate
    tmdb_per_second: Rate
    image_connections: Annotated[int, Field(ge=1, le=16)]
    connect_timeout: Positive
    read_timeout: Positive
    total_timeout: Positive
    dataset_timeout: Positive
    retries: Annotated[int, Field(ge=0, le=10)]
    max_retry_after: Annotated[float, Field(ge=0)]
    redirects: Annotated[int, Field(ge=0, le=20)]

    @property
    def user_agent(self) -> str:
        """The User-Agent header: `name/version (+contact)`."""
        return USER_AGENT + (f" (+{self.contact})" if self.contact else "")


class PosterParams(Section):
    """Which pictures are usable posters."""

    min_side: Count
    min_aspect: Positive
    max_aspect: Positive
    # The limit of the whole project is images.pictures.MAX_PIXELS.
    max_pixels: Annotated[int, Field(ge=1, le=12_000_000)]
    max_bytes: Count
    near_duplicate: Annotated[int, Field(ge=0, le=15)]
    placeholders: Annotated[
        tuple[Annotated[str, Field(pattern="^[0-9a-f]{64}$")], ...], Field(strict=False)
    ]

    @model_validator(mode="after")
    def _check_aspects(self) -> Self:
        if self.min_aspect > self.max_aspect:
            raise ValueError(
                f"min_aspect {self.min_aspect:g} is above max_aspect {self.max_aspect:g}; swap them"
            )
        return self


class RebalanceParams(Section):
    """The top-up of years with few movies, and the size of the balanced test."""

    t: NotNegative
    before: Year
    reserve: Count

    def wanted(self, years: range) -> int:
        """The largest number of movies to add to the initial catalogue."""
        return self.reserve * len(years) + self.t * sum(year < self.before for year in years)


class EmbedParams(Section):
    """The frozen network that embeds posters."""

    backbone: Name
    weights: Name
    if_unreachable: Literal["stop", "random"]
    pooling: Literal["layers", "avg", "max", "flatten"]
    layers: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None
    # A single number is the side of a square.
    input_size: Annotated[
        Annotated[tuple[Side, Side], Field(strict=False)] | None,
        BeforeValidator(lambda value: (value, value) if isinstance(value, int) else value),
    ]
    precision: Literal["auto", "int8", "bfloat16", "float32"]
    engine: Literal["local", "ray"]
    batch_size: Count | None
    seed: Seed


class SplitParams(Section):
    """How movies are split into training rows with folds, and tests."""

    seed: Seed
    natural: Share
    folds: Annotated[int, Field(ge=2, le=20)]
    near_duplicate: Annotated[float, Field(gt=0, le=1)]


class TrainParams(Section):
    """The year model and its training."""

    head: Literal["distribution", "scalar"]
    hidden: Annotated[tuple[Count, ...], Field(strict=False)]
    input_dropout: Dropout
    dropout: Dropout
    label_width: Positive
    prior_width: Positive
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    batch_size: Count
    epochs: Count
    interval: Share
    seed: Seed


class EvaluateParams(Section):
    """What is reported, and where."""

    neighbours: Count
    queries: Count
    experiment: Name
    log_model: bool
    # MLflow's URIs are `models:/name/version`.
    model_name: Annotated[str, Field(pattern=r"^[^/:]*[^/:\s][^/:]*$")]
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


def _describe(problem: ErrorDetails) -> str:
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{key}: is not a known parameter: check its spelling, or remove it"
    if problem["type"] == "missing":
        return f"{key}: is missing: add it (git has the original file)"
    text = f"{key}: {problem['msg'].removeprefix('Value error, ')}"
    return text if isinstance(problem["input"], dict) else f"{text}; received {problem['input']!r}"


def parse_params(content: object, name: str = "params.yaml") -> Params:
    """Check parsed YAML and freeze it.

    Raises:
        ParamsError: it names every unknown key, wrong type and invalid value.
    """
    if not isinstance(content, dict):
        raise ParamsError(f"{name}: expected sections with keys; received {type(content).__name__}")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(map(_describe, error.errors()))
        raise ParamsError(f"{name}: {problems}") from error


def load_params(path: Path | None = None) -> Params:
    """Read and check `params.yaml`.

    Raises:
        ParamsError: the file is missing, is not YAML, or has an invalid value.
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
    """Every parameter under its dotted name: `{"rebalance.t": 30, ...}`."""
    return {
        f"{section}.{key}": value
        for section, values in params.model_dump(mode="json").items()
        for key, value in values.items()
    }
