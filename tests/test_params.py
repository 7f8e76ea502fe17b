"""`params.yaml` is read completely, or refused with every problem named."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from posters.errors import ParamsError
from posters.params import flatten, load_params, parse_params

COMMITTED = Path(__file__).resolve().parents[1] / "params.yaml"
CONTENT: dict[str, dict[str, Any]] = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
KEYS = [(section, key) for section, values in CONTENT.items() for key in values]


def changed(**values: object) -> dict[str, Any]:
    """The committed parameters with other values: `changed(rebalance__t=-1)`."""
    content = copy.deepcopy(CONTENT)
    for name, value in values.items():
        section, key = name.split("__")
        content[section][key] = value
    return content


def refusal(content: object) -> str:
    """The message of `parse_params` for content that it refuses."""
    with pytest.raises(ParamsError) as refused:
        parse_params(content)
    return str(refused.value)


def test_committed_file_loads_and_is_frozen() -> None:
    params = load_params()
    assert list(flatten(params).items()) == [
        (f"{section}.{key}", CONTENT[section][key]) for section, key in KEYS
    ]
    with pytest.raises(ValidationError, match="frozen"):
        params.rebalance.t = 40  # type: ignore[misc]
    assert hash(params) == hash(load_params(COMMITTED))


def test_every_value_of_the_committed_file_has_a_comment() -> None:
    values = re.findall(r"^ +\w+:.*$", COMMITTED.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(values) == len(KEYS)
    assert [line for line in values if not re.search(r"\s#\s*\w.{9,}$", line)] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source__kind", "netflix"),
        ("scrape__movies", 0),
        ("fetch__hosts", "example.org"),
        ("fetch__contact", "a\nb"),
        ("posters__max_aspect", float("inf")),
        ("posters__placeholders", ["short"]),
        ("rebalance__t", "30"),
        ("rebalance__t", True),
        ("embed__input_size", [96, 16]),
        ("train__hidden", [512, 0]),
        ("evaluate__model_name", "posters/year"),
    ],
)
def test_invalid_value_is_refused_with_its_dotted_name(name: str, value: object) -> None:
    message = refusal(changed(**{name: value}))
    assert re.match(rf"params\.yaml: {name.replace('__', '.')}(\.\d)?: ", message)
    assert message.count("; ") == 1, "one problem, and the received value"


@pytest.mark.parametrize(
    ("given", "expected"), [(None, None), (96, (96, 96)), ([64, 96], (64, 96))]
)
def test_input_size_is_one_side_or_width_and_height(given: object, expected: object) -> None:
    assert parse_params(changed(embed__input_size=given)).embed.input_size == expected


@pytest.mark.parametrize("section", [None, *CONTENT])
def test_unknown_key_is_named(section: str | None) -> None:
    content: dict[str, Any] = copy.deepcopy(CONTENT)
    (content[section] if section else content)["colour"] = 1
    name = f"{section}.colour" if section else "colour"
    assert f" {name}: is not a known parameter" in refusal(content)


@pytest.mark.parametrize("section", CONTENT)
def test_missing_keys_and_sections_are_named(section: str) -> None:
    content: dict[str, Any] = {**CONTENT, section: {}}
    assert set(re.findall(r"([\w.]+): is missing", refusal(content))) == {
        f"{section}.{key}" for key in CONTENT[section]
    }
    content[section] = None
    assert f" {section}: " in refusal(content)
    del content[section]
    assert f" {section}: is missing" in refusal(content)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"scrape__first_year": 2001, "scrape__last_year": 2000},
            "scrape: first_year 2001 is after last_year 2000; swap them",
        ),
        (
            {"posters__min_aspect": 0.9, "posters__max_aspect": 0.8},
            "posters: min_aspect 0.9 is above max_aspect 0.8; swap them",
        ),
        (
            {"source__kind": "table", "source__table": "", "source__pool": "a.csv"},
            "source: kind: table needs both `table`",
        ),
        ({"source__kind": "tmdb"}, "source: kind: tmdb needs accept_tmdb_terms: true"),
        (
            {"source__replica": True, "source__table": "a.csv", "source__pool": "b.csv"},
            "source: replica: true replaces IMDb; set kind: imdb",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    values: dict[str, object], expected: str
) -> None:
    assert expected in refusal(changed(**values))


def test_one_year_and_one_table_named_twice_are_valid() -> None:
    params = parse_params(
        changed(
            **{"scrape__first_year": 2000, "scrape__last_year": 2000},
            **{"source__kind": "table", "source__table": "a.csv", "source__pool": "a.csv"},
        )
    )
    assert list(params.scrape.years) == [2000]
    assert params.source.tables_read


def test_all_problems_are_named_at_once() -> None:
    content = changed(rebalance__t=-1, split__natural=1.5, embed__input_size=16)
    del content["train"]["epochs"]
    content["scrape"]["moviees"] = 3
    message = refusal(content)
    names = ("rebalance.t", "split.natural", "train.epochs", "scrape.moviees")
    for name in (*names, "embed.input_size.0", "embed.input_size.1"):
        assert f" {name}: " in message


@pytest.mark.parametrize("content", [None, [], "rebalance"])
def test_content_without_sections_is_refused(content: object) -> None:
    assert f"received {type(content).__name__}" in refusal(content)


@pytest.mark.parametrize(
    "content", [b"rebalance: [", b"\xff\xfe\x00", b"t: !!python/name:os.system"]
)
def test_file_that_is_missing_or_not_yaml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    with pytest.raises(ParamsError, match=r"^mine\.yaml is missing"):
        load_params(path)
    path.write_bytes(content)
    with pytest.raises(ParamsError, match=r"^mine\.yaml is not YAML: ") as refused:
        load_params(path)
    assert "\n" not in str(refused.value)
