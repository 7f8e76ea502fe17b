"""The report: it shows the metrics, is well-formed and needs no other file."""

import json
import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from conftest import ROOT, Walk
from PIL import Image

from posters.embedding.embeddings import EmbeddedMovie
from posters.evaluation.metrics import PRIOR_OF
from posters.evaluation.sweep_table import tabulate
from posters.neighbours.index import Neighbour
from posters.reports import charts, words
from posters.reports.report import Findings, PriorExample, render
from posters.years.splitting import TESTS

EVIL = """<script>alert("x")</script> 'quoted' & <b>"""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """The committed metrics, with 30 predictions for each test."""
    folder = tmp_path_factory.mktemp("posters")
    Image.new("RGB", (40, 60), "teal").save(folder / "poster.jpg")
    rows = [
        {"imdb_id": f"tt{number:07d}", "title": f"Movie {number}", "year": 1900 + number}
        | {"test": TESTS[number % 2], "predicted": 1900 + number + number % 7 * 1.5}
        for number in range(60)
    ]
    tested = pd.DataFrame(rows).assign(file="poster.jpg", low=1890, high=1990)
    columns = tested[["imdb_id", "title", "year", "file"]]
    movies = [EmbeddedMovie._make(row) for row in columns.itertuples(index=False)]
    neighbours = [Neighbour(*movie, similarity=0.5) for movie in movies]
    metrics = ROOT / "metrics"
    evaluation = json.loads((metrics / "evaluation.json").read_text(encoding="utf-8"))
    for test, share in zip(TESTS, (0.123, 0.045), strict=True):
        evaluation[test] |= {"uncertain": share, "uncertain_mae": 20.5, "certain_mae": 7.25}
    answered = [{"test": test, "answered": 0.5, "mae": 6.0} for test in TESTS]
    return Findings(
        evaluation=evaluation,
        catalogue=json.loads((metrics / "catalogue.json").read_text(encoding="utf-8")),
        decades=pd.read_csv(metrics / "decades.csv"),
        risk_coverage=pd.DataFrame(answered + [row | {"answered": 1.0} for row in answered]),
        tested=tested,
        neighbours=[(movies[number], neighbours[number + 1 :][:9]) for number in range(19)],
        example=PriorExample(
            movies[20],
            pd.DataFrame({"natural": 0.2, "uniform": 0.2}, index=range(1918, 1923)),
            {"natural": 1921.6, "uniform": 1919.5},
        ),
        posters=folder,
        before=2000,
        head="distribution",
    )


@pytest.fixture(scope="module")
def page(findings: Findings) -> str:
    return render(findings)


def soup_of(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def text_of(tag: Tag) -> str:
    """The text of an element with single spaces."""
    return " ".join(tag.get_text(" ").split())


def section_of(page: str, name: str) -> Tag:
    return soup_of(page).select_one(f"section[aria-labelledby={name}]")


def table_of(tag: Tag) -> list[list[str]]:
    return [[text_of(cell) for cell in row.select("th, td")] for row in tag.select("tbody tr")]


def changed(findings: Findings, **sections: dict[str, Any]) -> Findings:
    """The findings with other values in these sections of the evaluation."""
    evaluation = dict(findings.evaluation)
    for name, values in sections.items():
        evaluation[name] = evaluation[name] | values
    return replace(findings, evaluation=evaluation)


def test_errors_and_baselines_are_those_of_the_metrics(page: str, findings: Findings) -> None:
    soup = soup_of(page)
    for test, card in zip(TESTS, soup.select("article.card"), strict=True):
        metrics = findings.evaluation[test]
        assert text_of(card.select_one(".big")) == f"{metrics['mae']:.1f} years MAE"
        assert text_of(card.select_one(".quiet")) == (
            f"95% confidence interval {metrics['mae_low']:.1f} to {metrics['mae_high']:.1f}; "
            f"{metrics['n']} posters"
        )
        rows = dict(table_of(card))
        assert list(map(float, rows.values())) == sorted(map(float, rows.values()))
        assert rows == {name: f"{metrics[key]:.1f}" for key, name in words.MODELS.items()}
        points = text_of(card.select_one(".points"))
        assert f"{metrics['coverage']:.0%} of the 80% intervals contain the true year" in points
        assert f"Median error {metrics['median_ae']:.1f} years" in points
        lede = text_of(soup.select_one(".lede"))
        assert f"{metrics['mae']:.1f} years" in lede
        assert f"{metrics['best_constant_mae']:.1f}" in lede


def test_caveats_are_shown_first(findings: Findings) -> None:
    both = ["generated posters", "random VGG16 weights"]
    soup = soup_of(render(changed(findings, run={"caveats": both})))
    notice = soup.select_one("header .notice")
    caveats = [text_of(tag) for tag in notice.select("strong")]
    assert caveats == ["Generated posters.", "Random VGG16 weights."]
    assert "not how accurate it is on real posters" in text_of(notice)
    assert text_of(soup.select_one(".scope")).startswith("Real posters: this model was trained")
    without = soup_of(render(changed(findings, run={"caveats": []})))
    assert not without.select(".notice")
    assert text_of(without.select_one(".scope")).startswith("Proof of a poster's age")


def test_calibration_is_that_of_the_metrics(page: str, findings: Findings) -> None:
    section = text_of(section_of(page, "reliability"))
    for test in TESTS:
        for metric in ("calibration_error", "pit_distance"):
            value = 100 * findings.evaluation[test][metric]
            assert f"{value:.1f} percentage points on the {test} test" in section


def test_tables_by_decade_are_those_of_the_metrics(page: str, findings: Findings) -> None:
    decades, tables = findings.decades, section_of(page, "decades").select("table")
    for (test, prior), table in zip(PRIOR_OF.items(), tables, strict=True):
        rows = decades[(decades["test"] == test) & (decades["prior"] == prior)]
        assert [row[:3] + row[4:5] for row in table_of(table)] == [
            [f"{row.decade}s", str(row.n), f"{row.mae:.1f}", f"{row.coverage:.0%}"]
            for row in rows.itertuples()
        ]


def test_examples_have_the_smallest_and_the_largest_errors(page: str, findings: Findings) -> None:
    lists = soup_of(page).select("ul.examples")
    errors = (findings.tested["predicted"] - findings.tested["year"]).abs()
    for test, (smallest, largest) in zip(TESTS, (lists[:2], lists[2:]), strict=True):
        of_test = errors[findings.tested["test"] == test].sort_values()
        for shown, expected in ((smallest, of_test.head(6)), (largest, of_test.tail(6)[::-1])):
            years = [re.findall(r"\d{4}", text_of(item))[:2] for item in shown.select("li")]
            differences = [abs(int(predicted) - int(true)) for true, predicted in years]
            assert differences == pytest.approx(list(expected), abs=0.51)


def test_page_is_accessible_and_loads_nothing(page: str) -> None:
    soup = soup_of(page)
    assert [len(row.select("img")) for row in soup.select("ul.nearest")] == [7] * 7
    assert [len(row.select("img")) for row in soup.select("ul.examples")] == [6] * 4
    for image in soup.select("img"):
        assert re.fullmatch(r"Poster of Movie \d+ \(\d{4}\)", image["alt"])
        assert image["src"].startswith("data:image/jpeg;base64,/9j/")
    assert len(soup.select("svg")) == 8
    for chart in soup.select("svg"):
        assert chart["role"] == "img"
        assert len(chart["aria-label"]) > 40
    labelled = [section["aria-labelledby"] for section in soup.select("section")]
    assert labelled == [heading["id"] for heading in soup.select("h2")]
    assert [link["href"] for link in soup.select("nav a")] == [f"#{id}" for id in labelled]
    assert all(row.select_one("th[scope]") for row in soup.select("table tr"))
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert soup.select_one("meta[http-equiv=Content-Security-Policy]")["content"] == policy
    assert not re.search(r"https?://|url\(|@import", page)


def test_uncertain_answers_and_old_posters_are_described(page: str, findings: Findings) -> None:
    section = text_of(section_of(page, "uncertainty"))
    assert "Natural test: 12% of the answers are called uncertain" in section
    assert "Their error is 20.5 years, that of all others 7.2 years" in section
    decades = findings.decades
    old = decades[(decades["test"] == "balanced") & (decades["decade"] < 1930)]
    text = text_of(section_of(page, "decades"))
    for prior, words_before in (("uniform", "are predicted "), ("natural", "uniform prior, and ")):
        rows = old[old["prior"] == prior]
        assert f"{words_before}{(rows['mae'] * rows['n']).sum() / rows['n'].sum():.1f}" in text
    assert f"The {rows['n'].sum()} posters of the balanced test from before 1930" in text
    recent = replace(findings, decades=decades[decades["decade"] >= 1930])
    assert "Old posters." not in render(recent)


def test_one_poster_is_shown_under_both_priors(page: str) -> None:
    section = section_of(page, "priors")
    assert len(section.select("svg polyline.curve")) == 2
    legend = text_of(section.select_one(".legend"))
    assert legend == "natural prior: 1922 uniform prior: 1920 true year: 1920"


def test_next_steps_are_those_of_the_run(findings: Findings) -> None:
    backbone = findings.evaluation["run"]["backbone"] | {"weights": "random"}
    run = {"caveats": ["random VGG16 weights"], "t": 30, "backbone": backbone}
    random = changed(findings, run=run)
    for of_run, first in ((findings, "set source.kind"), (random, "Fetch the ImageNet weights")):
        steps = [text_of(step) for step in soup_of(render(of_run)).select(".steps li")]
        assert first in steps[0]
        assert "set rebalance.t in params.yaml to 40" in steps[1]


def test_titles_and_attribution_are_escaped(findings: Findings) -> None:
    evil = [
        (query._replace(title=EVIL), [replace(movie, title=EVIL) for movie in neighbours])
        for query, neighbours in findings.neighbours
    ]
    tested = findings.tested.assign(title=EVIL)
    source = findings.catalogue["source"] | {"attribution": EVIL}
    catalogue = {**findings.catalogue, "source": source}
    example = replace(findings.example, movie=findings.example.movie._replace(title=EVIL))
    changes = {"tested": tested, "neighbours": evil, "catalogue": catalogue, "example": example}
    page = render(replace(findings, **changes))
    soup = soup_of(page)
    assert "<script" not in page
    assert {item.get_text() for item in soup.select(".title")} == {EVIL}
    tooltips = [dot.get_text() for dot in soup.select("circle.cloud title")]
    assert len(tooltips) == len(findings.tested)
    assert all(tooltip.startswith(EVIL) for tooltip in tooltips)
    assert EVIL in soup.select("footer")[0].get_text()


@pytest.mark.parametrize(("auc", "text"), [(0.9, "CAN separate"), (0.5, "cannot separate")])
def test_separable_origins_are_reported(findings: Findings, auc: float, text: str) -> None:
    origin = {"auc": auc, "chance_low": 0.4, "chance_high": 0.6, "pairs": 10}
    for shown in (origin, {}):
        page = render(replace(findings, evaluation={**findings.evaluation, "origin": shown}))
        assert ("separate" in page) == (text in page) == bool(shown)


def test_dots_of_many_posters_are_spread_over_the_years() -> None:
    rows = pd.DataFrame({"imdb_id": [f"tt{n:07d}" for n in range(4000)], "year": range(4000)})
    drawn = charts.sample_by_year(rows.sample(frac=1, random_state=0))
    assert len(drawn) == charts.MAX_DOTS
    assert drawn["year"].diff().dropna().isin([2, 3]).all()


def test_sweep_is_shown_if_it_is_of_this_model(findings: Findings) -> None:
    own = findings.evaluation["run"]["t"]
    sweep = tabulate({t: changed(findings, run={"t": t}).evaluation for t in (0, own)})
    for of_model, rows in ((sweep, 2), (sweep.assign(source="table"), 0)):
        section = section_of(render(replace(findings, sweep=of_model)), "sweep")
        assert len(section.select("tbody tr")) == rows
        assert ("was made with other posters, another network" in text_of(section)) == (not rows)


@pytest.mark.slow
def test_report_of_a_run_shows_its_metrics(walk: Walk) -> None:
    page, mae = walk.project.read("plots/report.html"), walk.lowered.metrics["balanced"]["mae"]
    for text in (f"<b>{mae:.1f}</b> years MAE", "t = 3 ", "96 × 96", "your own table"):
        assert text in page
