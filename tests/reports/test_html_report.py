"""The report: what it says is what was measured, and it is whole in itself."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from conftest import Walk, query
from parts import movies_of

from posters.evaluation.metrics import PRIOR_OF
from posters.evaluation.sweep_table import tabulate
from posters.neighbours.index import Neighbour
from posters.reports import report_charts as charts
from posters.reports.findings import Findings
from posters.reports.palette import DAY, NIGHT
from posters.reports.report import render
from posters.years.splitting import TESTS

EVIL = """<script>alert("x")</script> 'quoted' & <b>"""
VOID = {"meta", "link", "img", "br"}


@pytest.fixture(scope="module")
def page(walk: Walk) -> str:
    """The report that `dvc repro` left."""
    return walk.project.read("plots/report.html")


@pytest.fixture(scope="module")
def findings(walk: Walk) -> Findings:
    """What the walk found at last, read from its files; each poster looks like the next."""
    folder = walk.project.folder
    catalogue = walk.lowered.catalogue
    predictions = pd.read_csv(folder / "data" / "predictions.csv")
    tested = predictions.merge(catalogue[["imdb_id", "file"]], on="imdb_id")
    alike = [
        Neighbour(row.imdb_id, row.title, row.year, row.file, 0.5)
        for row in tested.head(20).itertuples()
    ]
    return Findings(
        evaluation=json.loads(walk.project.read("metrics/evaluation.json")),
        catalogue=json.loads(walk.project.read("metrics/catalogue.json")),
        decades=pd.read_csv(folder / "metrics" / "decades.csv"),
        tested=tested,
        look_alikes=list(zip(alike, [[each] * 9 for each in alike[1:]], strict=False)),
        posters=folder / "data",
        before=2000,
        head="distribution",
        level=0.8,
    )


def soup_of(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def text_of(tag: Tag | None) -> str:
    """What a person reads, with single spaces."""
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def changed(findings: Findings, **values: Any) -> Findings:
    """The findings with another evaluation: `changed(findings, run__t=0)`."""
    evaluation = json.loads(json.dumps(findings.evaluation))
    for name, value in values.items():
        section, _, key = name.partition("__")
        if key:
            evaluation[section][key] = value
        else:
            evaluation[section] = value
    return replace(findings, evaluation=evaluation)


class Nesting(HTMLParser):
    """Complains about tags that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.ids: Counter[str] = Counter()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.opened.append(tag)
        names = [name for name, _ in attrs]
        self.ids.update(str(value) for name, value in attrs if name == "id")
        if len(set(names)) < len(names) or not all(name.isascii() for name in names):
            self.problems.append(f"{self.getpos()}: attributes of {tag}: {names}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<rect/>` opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            self.problems.append(f"{self.getpos()}: </{tag}>")


def test_the_errors_are_those_of_the_metrics_beside_those_of_everybody_else(
    page: str, walk: Walk
) -> None:
    soup, metrics = soup_of(page), walk.lowered.metrics
    cards = soup.select("article.card")
    assert len(cards) == 2
    for test, card in zip(TESTS, cards, strict=True):
        found = metrics[test]
        assert text_of(card.select_one(".big")) == f"{found['mae']:.1f} years off"
        limits = (
            f"95% limits {found['mae_low']:.1f} to {found['mae_high']:.1f}; {found['n']} posters"
        )
        assert text_of(card.select_one(".quiet")) == limits
        shown = [float(cell.get_text()) for cell in card.select("tbody td")]
        keys = ("mae", "best_constant_mae", "constant_mae", "ridge_mae", "knn_mae", "svr_mae")
        assert shown == sorted(round(found[key], 1) for key in (*keys, "colour_mae"))
        own = card.select_one("tr.own")
        assert own is not None and text_of(own) == f"this model {found['mae']:.1f}"
        points = text_of(card.select_one(".points"))
        assert f"{found['coverage']:.0%} of the 80% intervals hold" in points
        assert (
            f"within {found['median_ae']:.1f} years, {found['within_10']:.0%} within 10" in points
        )
    lede = text_of(soup.select_one(".lede"))
    for test in TESTS:
        assert f"{metrics[test]['mae']:.1f} years" in lede
        assert f"{metrics[test]['best_constant_mae']:.1f}" in lede


def test_it_says_what_ran_on_what_and_its_caveats_before_all_else(page: str, walk: Walk) -> None:
    soup = soup_of(page)
    facts = text_of(soup.select_one(".facts"))
    counts = json.loads(walk.project.read("metrics/catalogue.json"))
    assert f"{counts['before']['movies']} as they come, {counts['added']} added" in facts
    for said in ("t = 3", "MobileNetV2", "random weights", "96 × 96", "a table of one's own"):
        assert said in facts
    notice = text_of(soup.select_one("header .notice"))
    assert notice.startswith("Random MobileNetV2 weights.")
    limits = text_of(soup.select_one(".limits-list"))
    assert limits.startswith("Anything that counts: this model has random MobileNetV2 weights.")


def test_decades_are_those_of_the_metrics(page: str, walk: Walk) -> None:
    decades = pd.read_csv(walk.project.folder / "metrics" / "decades.csv")
    section = soup_of(page).select_one("section[aria-labelledby=decades]")
    assert section is not None
    for (test, prior), table in zip(PRIOR_OF.items(), section.select("table"), strict=True):
        rows = decades[(decades["test"] == test) & (decades["prior"] == prior)]
        shown = [
            [text_of(cell) for cell in row.select("th, td")] for row in table.select("tbody tr")
        ]
        assert [row[0] for row in shown] == [f"{decade}s" for decade in rows["decade"]]
        assert [row[1] for row in shown] == [str(n) for n in rows["n"]]
        assert [row[2] for row in shown] == [f"{mae:.1f}" for mae in rows["mae"]]
        assert [row[4] for row in shown] == [f"{share:.0%}" for share in rows["coverage"]]


def test_the_best_and_the_worst_guesses_are_those_of_the_predictions(page: str, walk: Walk) -> None:
    predictions = pd.read_csv(walk.project.folder / "data" / "predictions.csv")
    lists = soup_of(page).select("ul.guesses")
    errors = (predictions["predicted"] - predictions["year"]).abs()
    for test, (best, worst) in zip(TESTS, (lists[:2], lists[2:]), strict=True):
        of_test = errors[predictions["test"] == test].sort_values()
        for shown, expected in ((best, of_test.head(6)), (worst, of_test.tail(6)[::-1])):
            years = [re.findall(r"\d{4}", text_of(item))[:2] for item in shown.select("li")]
            found = [abs(int(guess) - int(true)) for true, guess in years]
            assert found == pytest.approx(list(expected), abs=0.51)


def test_every_picture_has_words_and_is_in_the_page_itself(page: str) -> None:
    soup = soup_of(page)
    pictures = soup.select("img")
    # Two queries with three neighbours each; six best and worst guesses a test.
    assert len(pictures) == 2 * 4 + 4 * 6
    for picture in pictures:
        assert re.fullmatch(r"Poster of Movie \d+ \(\d{4}\)", str(picture["alt"]))
        assert str(picture["src"]).startswith("data:image/jpeg;base64,/9j/")
    drawn = soup.select("svg")
    assert len(drawn) == 6
    for chart in drawn:
        assert chart["role"] == "img"
        assert len(str(chart["aria-label"])) > 40


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(page: str) -> None:
    soup = soup_of(page)
    assert not soup.select("script, iframe, object, embed, video, audio, form, base")
    for tag in soup.find_all(True):
        assert isinstance(tag, Tag)
        for name, value in tag.attrs.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "action", "data"):
                assert str(value).startswith("data:")
    assert "http://" not in page and "https://" not in page
    assert "url(" not in page and "@import" not in page
    assert len(page.encode()) < 3_000_000


def test_it_is_html_whose_tags_and_headings_are_in_order(page: str) -> None:
    nesting = Nesting()
    nesting.feed(page)
    nesting.close()
    assert nesting.problems == [] and nesting.opened == []
    assert set(nesting.ids.values()) == {1}
    soup = soup_of(page)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    levels = [int(heading.name[1]) for heading in soup.select("h1, h2, h3")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    labelled = {str(section["aria-labelledby"]) for section in soup.select("section")}
    assert labelled == {str(heading["id"]) for heading in soup.select("h2")}
    for row in soup.select("table tr"):
        assert row.select_one("th[scope]"), row


def test_titles_are_words_whatever_they_hold(findings: Findings) -> None:
    evil = [
        (replace(query, title=EVIL), [replace(each, title=EVIL) for each in found])
        for query, found in findings.look_alikes
    ]
    page = render(replace(findings, tested=findings.tested.assign(title=EVIL), look_alikes=evil))
    soup = soup_of(page)
    assert not soup.select("script")
    assert "<script" not in page
    titles = {item.get_text() for item in soup.select(".title")}
    assert titles == {EVIL}
    assert {re.sub(r" \(\d+\)$", "", str(picture["alt"])) for picture in soup.select("img")} == {
        f"Poster of {EVIL}"
    }
    pointed_at = [dot.get_text() for dot in soup.select("circle.cloud title")]
    assert len(pointed_at) == len(findings.tested)
    assert all(said.startswith(EVIL) for said in pointed_at)


def test_the_same_findings_give_the_same_characters(findings: Findings) -> None:
    page = render(findings)
    assert render(findings) == page
    shuffled = replace(findings, tested=findings.tested.sample(frac=1, random_state=0))
    guesses = [str(tag) for tag in soup_of(page).select(".guesses")]
    assert [str(tag) for tag in soup_of(render(shuffled)).select(".guesses")] == guesses


def test_without_caveats_there_is_no_notice(findings: Findings) -> None:
    backbone = findings.evaluation["run"]["backbone"] | {"weights": "imagenet"}
    soup = soup_of(render(changed(findings, run__caveats=[], run__backbone=backbone)))
    assert not soup.select(".notice")
    assert "ImageNet weights" in text_of(soup.select_one(".facts"))
    limits = text_of(soup.select_one(".limits-list"))
    assert limits.startswith("Dating a poster for a sale")


def test_generated_posters_are_named_as_such(findings: Findings) -> None:
    both = ["generated posters", "random VGG16 weights"]
    soup = soup_of(render(changed(findings, run__caveats=both)))
    limits = text_of(soup.select_one(".limits-list"))
    assert limits.startswith(f"Any real poster: this model was made from {' and '.join(both)}.")
    notice = soup.select_one("header .notice")
    assert notice is not None
    names = [text_of(strong) for strong in notice.select("strong")]
    assert names == ["Generated posters.", "Random VGG16 weights."]
    assert "not how well real posters are dated" in text_of(notice)


def test_a_source_that_wants_to_be_named_is(findings: Findings) -> None:
    source = findings.catalogue["source"] | {"attribution": "By courtesy of <them>."}
    page = render(replace(findings, catalogue={**findings.catalogue, "source": source}))
    assert "By courtesy of <them>." in text_of(soup_of(page).select_one("footer"))


def test_origins_that_can_be_told_apart_are_pointed_out(findings: Findings) -> None:
    origin = {"auc": 0.9, "chance_low": 0.4, "chance_high": 0.6, "pairs": 10}
    assert "CAN be told apart" in render(changed(findings, origin=origin))
    assert "CAN be told apart" not in render(changed(findings, origin=origin | {"auc": 0.5}))
    assert "told apart" not in render(changed(findings, origin={}))


def test_however_many_queries_the_page_stays_light(findings: Findings) -> None:
    rows = soup_of(render(findings)).select("ul.alike")
    assert len(findings.look_alikes) == 19
    assert [len(row.select("img")) for row in rows] == [7] * 8
    few = replace(findings, look_alikes=findings.look_alikes[:1])
    assert len(soup_of(render(few)).select("ul.alike")) == 1


def test_of_very_many_posters_a_part_is_drawn_spread_over_the_years() -> None:
    movies = movies_of(f"tt{number:07d}" for number in range(4000))
    rows = pd.DataFrame({"imdb_id": [movie.imdb_id for movie in movies], "year": range(4000)})
    drawn = charts.dots(rows.sample(frac=1, random_state=0))
    assert len(drawn) == charts.MAX_DOTS
    assert list(drawn["year"].iloc[[0, -1]]) == [0, 3999]
    assert drawn["year"].diff().dropna().isin([2, 3]).all()


def test_guesses_that_are_all_right_are_drawn_too(findings: Findings) -> None:
    right = changed(findings)
    for test in TESTS:
        metrics = right.evaluation[test]
        metrics |= {key: 0.0 for key in metrics if "mae" in key}
    decades = findings.decades.assign(mae=0.0, bias=0.0)
    tested = findings.tested.assign(predicted=findings.tested["year"].astype(float))
    soup = soup_of(render(replace(right, decades=decades, tested=tested)))
    assert [text_of(big) for big in soup.select(".big")] == ["0.0 years off"] * 2


@pytest.mark.parametrize(("t", "before"), [(0, 2000), (3, 1900), (3, 2100)])
def test_the_histograms_are_drawn_whatever_is_topped_up(
    findings: Findings, t: int, before: int
) -> None:
    for topped_up in (False, True):
        drawn = charts.movies_by_year({**findings.catalogue, "t": t}, before, topped_up=topped_up)
        assert ('class="aim"' in drawn) == (t == 3 and before > 1980)
        years = {said[:4] for said in re.findall(r"<title>(.*?)</title>", drawn)}
        assert years == {str(year) for year in range(1980, 2010)}


def sweep_of(findings: Findings, **changes: Any) -> pd.DataFrame:
    """A sweep over t = 0, 3 and 10, with this evaluation at t = 3."""
    return tabulate(
        {
            t: changed(
                findings, run__t=t, **({} if t == 3 else {"natural__mae": 20.0 - t})
            ).evaluation
            for t in (0, 3, 10)
        }
    ).assign(**changes)


def test_a_sweep_is_shown_as_a_table_and_a_chart_a_test(findings: Findings) -> None:
    section = soup_of(render(replace(findings, sweep=sweep_of(findings)))).select_one(
        "section[aria-labelledby=sweep]"
    )
    assert section is not None
    assert len(section.select("svg")) == 2
    rows = [[text_of(cell) for cell in row.select("th, td")] for row in section.select("tbody tr")]
    assert [row[0] for row in rows] == ["0", "3", "10"]
    mae = findings.evaluation["natural"]["mae"]
    assert [row[2].split()[0] for row in rows] == ["20.0", f"{mae:.1f}", "10.0"]
    assert text_of(section.select_one("tr.own th")) == "3"


@pytest.mark.parametrize(
    "changes", [{"source": "sample"}, {"weights_digest": "0" * 64}, {"n": 9}, {"mae": 1.0}]
)
def test_a_sweep_of_something_else_is_not_passed_off_as_this_models(
    findings: Findings, changes: dict[str, Any]
) -> None:
    soup = soup_of(render(replace(findings, sweep=sweep_of(findings, **changes))))
    section = soup.select_one("section[aria-labelledby=sweep]")
    assert section is not None
    assert not section.select("svg, table")
    assert "is of other posters, another network or other parameters" in text_of(section)


def test_text_is_readable_by_day_and_by_night() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colours in (DAY, NIGHT):
        for ink, papers in {
            "ink": ("page", "paper", "notice"),
            "quiet": ("page", "paper"),
            "blue": ("paper",),
        }.items():
            for paper in papers:
                low, high = sorted(luminance(colours[name]) for name in (ink, paper))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)


def test_dvc_keeps_it_and_git_and_the_plots_of_dvc_leave_it_alone(walk: Walk, page: str) -> None:
    assert "path: plots/report.html" in walk.lowered.lock
    tracked = walk.project.run("git", "status", "--porcelain", "--ignored").stdout
    assert "!! plots/report.html" in tracked
    shown = walk.project.run("dvc", "plots", "show")
    assert "failed to load" not in shown.stderr
    path = walk.project.folder / "plots" / "report.html"
    path.unlink()
    done = walk.project.run("dvc", "repro")
    assert re.findall(r"^Running stage '(\w+)'", done.stdout, re.MULTILINE) == ["inputs"]
    assert walk.project.read("plots/report.html") == page


def test_each_mlflow_run_holds_its_report(walk: Walk) -> None:
    for (run,) in query(walk.database, "SELECT run_uuid FROM runs"):
        kept = walk.project.folder / "mlartifacts" / str(run) / "artifacts" / "report.html"
        thresholds = query(
            walk.database,
            f"SELECT value FROM params WHERE key = 'rebalance.t' AND run_uuid = '{run}'",
        )
        facts = text_of(soup_of(kept.read_text(encoding="utf-8")).select_one(".facts"))
        assert f"t = {thresholds[0][0]} " in facts


def test_what_the_page_is_made_of_is_installed_with_the_package() -> None:
    folder = Path(charts.__file__).parent / "templates"
    assert {file.name for file in folder.iterdir()} == {"report.html.jinja", "report.css"}
