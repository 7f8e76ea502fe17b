"""`params.yaml` is read whole, or refused with every problem named."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from posters import paths
from posters.errors import ParamsError
from posters.params import Params, flatten, load_params, parse_params

COMMITTED = Path(__file__).resolve().parents[1] / "params.yaml"
CONTENT: dict[str, dict[str, Any]] = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
KEYS = [(section, key) for section, values in CONTENT.items() for key in values]


def changed(**values: object) -> dict[str, Any]:
    """The committed parameters with others in them: `changed(rebalance__t=-1)`."""
    content = copy.deepcopy(CONTENT)
    for name, value in values.items():
        section, key = name.split("__")
        content[section][key] = value
    return content


def refusal(content: object) -> str:
    """What `parse_params` says about content that it refuses."""
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    return str(refused.value)


def values_of(node: yaml.Node) -> Iterator[yaml.Node]:
    """The nodes of a YAML document that set a value: scalars and lists, not sections."""
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from values_of(value)
    else:
        yield node


def test_the_committed_file_loads() -> None:
    params = load_params(COMMITTED)
    assert params.rebalance.t == CONTENT["rebalance"]["t"]
    assert params.embed.backbone == CONTENT["embed"]["backbone"]


def test_without_a_path_the_committed_file_is_read() -> None:
    assert load_params() == load_params(COMMITTED)


def test_every_line_that_sets_a_value_gives_its_reason() -> None:
    lines = COMMITTED.read_text(encoding="utf-8").splitlines()
    document = yaml.compose("\n".join(lines))
    assert document is not None
    bare = [
        lines[node.end_mark.line]
        for node in values_of(document)
        if not re.match(r"\s+#\s*\w.{9,}", lines[node.end_mark.line][node.end_mark.column :])
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source__kind", "netflix"),
        ("source__replica", 1),
        ("fetch__retries", -1),
        ("fetch__requests_per_second", 0),
        ("fetch__hosts", "example.org"),
        ("posters__placeholders", ["short"]),
        ("scrape__max_failed", 0),
        ("source__table", 3),
        ("scrape__movies", 0),
        ("scrape__movies", None),
        ("scrape__first_year", 1492),
        ("scrape__last_year", 3000),
        ("scrape__seed", -1),
        ("scrape__seed", 2**32),
        ("posters__min_side", 0),
        ("posters__min_aspect", 0),
        ("posters__max_pixels", 1e6),
        ("posters__near_duplicate", 16),
        ("rebalance__t", -1),
        ("rebalance__t", "30"),
        ("rebalance__t", 30.5),
        ("rebalance__t", True),
        ("rebalance__t", None),
        ("rebalance__t", [30]),
        ("rebalance__before", "2000"),
        ("rebalance__reserve", 0),
        ("embed__backbone", 16),
        ("embed__if_unreachable", "ask"),
        ("embed__pooling", "sum"),
        ("embed__layers", []),
        ("embed__layers", "block1_pool"),
        ("embed__input_size", "big"),
        ("embed__input_size", [96, 16]),
        ("embed__input_size", [96, 96, 3]),
        ("split__natural", 1.5),
        ("split__natural", 0),
        ("split__validation", 1),
        ("split__validation", "0.15"),
        ("split__near_duplicate", 0),
        ("split__near_duplicate", 1.01),
        ("train__head", "softmax"),
        ("train__hidden", 512),
        ("train__hidden", [512, 0]),
        ("train__hidden", ["512"]),
        ("train__dropout", 1),
        ("train__input_dropout", 1),
        ("train__input_dropout", -0.1),
        ("train__label_width", 0),
        ("train__prior_width", 0),
        ("train__members", 0),
        ("train__interval", 0),
        ("train__interval", 1),
        ("train__learning_rate", 0),
        ("train__learning_rate", float("nan")),
        ("train__weight_decay", -0.1),
        ("train__epochs", 0),
        ("evaluate__neighbours", 0),
        ("evaluate__experiment", ""),
        ("evaluate__model_name", "posters/year"),
        ("evaluate__model_name", " "),
        ("evaluate__champion_by", "validation"),
        ("evaluate__log_model", 1),
    ],
)
def test_an_impossible_value_is_refused_under_its_dotted_name(name: str, value: object) -> None:
    said = refusal(changed(**{name: value}))
    assert re.match(rf"params\.yaml: {name.replace('__', '.')}(\.\d)?: ", said)
    assert said.count("; ") == 1, "one problem, said once, with what was received"


@pytest.mark.parametrize(
    ("given", "understood"), [(None, None), (96, (96, 96)), ([64, 96], (64, 96))]
)
def test_the_input_size_is_one_side_or_width_and_height(given: object, understood: object) -> None:
    assert parse_params(changed(embed__input_size=given)).embed.input_size == understood


@pytest.mark.parametrize("side", [16, -96, True])
def test_an_impossible_side_is_refused_as_width_and_as_height(side: object) -> None:
    problems = refusal(changed(embed__input_size=side)).removeprefix("params.yaml: ").split("; ")
    names = ("embed.input_size.0: ", "embed.input_size.1: ")
    assert problems[0].startswith(names[0])
    assert problems[2].startswith(names[1])
    assert problems[1] == problems[3] == f"received {side}"


def test_a_width_without_a_height_is_refused() -> None:
    assert "embed.input_size.1: is missing" in refusal(changed(embed__input_size=[96]))


def test_a_refused_value_is_shown_as_it_was_received() -> None:
    assert "received '30'" in refusal(changed(rebalance__t="30"))


@pytest.mark.parametrize("section", [None, *CONTENT])
def test_an_unknown_key_is_named(section: str | None) -> None:
    content: dict[str, Any] = copy.deepcopy(CONTENT)
    (content[section] if section else content)["colour"] = 1
    name = f"{section}.colour" if section else "colour"
    assert f" {name}: is not a known parameter" in refusal(content)


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_missing_key_is_named(section: str, key: str) -> None:
    content = copy.deepcopy(CONTENT)
    del content[section][key]
    assert f" {section}.{key}: is missing" in refusal(content)


@pytest.mark.parametrize("section", CONTENT)
def test_a_missing_section_is_named(section: str) -> None:
    assert f" {section}: is missing" in refusal(
        {name: values for name, values in CONTENT.items() if name != section}
    )


@pytest.mark.parametrize("section", CONTENT)
def test_a_section_without_its_keys_is_named(section: str) -> None:
    assert f" {section}: " in refusal({**CONTENT, section: None})


def test_years_in_the_wrong_order_are_refused() -> None:
    said = refusal(changed(scrape__first_year=2001, scrape__last_year=2000))
    assert "scrape: first_year 2001 is after last_year 2000" in said


def test_a_single_year_may_be_asked_about() -> None:
    params = parse_params(changed(scrape__first_year=2000, scrape__last_year=2000))
    assert params.scrape.first_year == params.scrape.last_year


@pytest.mark.parametrize(
    ("table", "pool"), [("movies.csv", None), (None, "pool.csv"), (None, None), ("", "pool.csv")]
)
def test_kind_table_needs_both_its_tables(table: str | None, pool: str | None) -> None:
    said = refusal(changed(source__kind="table", source__table=table, source__pool=pool))
    assert "source: kind: table needs both `table`" in said
    assert "`pool`" in said


def test_kind_table_takes_one_table_named_twice() -> None:
    params = parse_params(
        changed(source__kind="table", source__table="movies.csv", source__pool="movies.csv")
    )
    assert params.source.pool == "movies.csv"


def test_all_problems_are_named_at_once() -> None:
    content = changed(rebalance__t=-1, split__natural=1.5, embed__pooling="sum")
    del content["train"]["epochs"]
    content["scrape"]["moviees"] = 3
    said = refusal(content)
    for name in (
        "rebalance.t",
        "split.natural",
        "embed.pooling",
        "train.epochs",
        "scrape.moviees",
    ):
        assert f" {name}: " in said


@pytest.mark.parametrize("content", [None, [], "rebalance", 3])
def test_what_has_no_sections_is_refused(content: object) -> None:
    assert f"received {type(content).__name__}" in refusal(content)


@pytest.mark.parametrize(
    "content", [b"rebalance: [", b"a: b: c", b"\xff\xfe\x00", b"t: !!python/name:os.system"]
)
def test_a_file_that_is_not_yaml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ParamsError, match=r"^mine\.yaml is not YAML: ") as refused:
        load_params(path)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"mine\.yaml is missing"):
        load_params(tmp_path / "mine.yaml")


def test_parameters_are_frozen() -> None:
    params = load_params(COMMITTED)
    with pytest.raises(ValidationError, match="frozen"):
        params.rebalance.t = 40  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        params.rebalance = params.rebalance  # type: ignore[misc]


def test_flatten_gives_every_parameter_under_its_dotted_name() -> None:
    params: Params = load_params(COMMITTED)
    flat = flatten(params)
    assert list(flat) == [f"{section}.{key}" for section, key in KEYS]
    assert flat == {f"{section}.{key}": CONTENT[section][key] for section, key in KEYS}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("  min_aspect: 0.9", "posters"),
        ("  max_aspect: .inf", "posters.max_aspect"),
        ("  learning_rate: .nan", "train.learning_rate"),
        ("  backbone: ''", "embed.backbone"),
    ],
)
def test_values_no_run_could_use_are_refused(line: str, key: str, tmp_path: Path) -> None:
    name = line.split(":")[0]
    lines = paths.PARAMS.read_text(encoding="utf-8").splitlines()
    changed = [line if given.startswith(f"{name}:") else given for given in lines]
    path = tmp_path / "params.yaml"
    path.write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(ParamsError, match=re.escape(key)):
        load_params(path)


def test_lists_are_frozen_too() -> None:
    assert hash(load_params()) == hash(load_params())
