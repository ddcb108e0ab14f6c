"""From rows to an SVG: what is grouped, what is capped, what is refused, and what strangers' words become."""

import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pytest
from django.utils import translation

from datasets import engine
from datasets.charts import spec
from datasets.charts.binning import round_step
from datasets.charts.data import MAX_SAMPLE_ROWS, compute_points
from datasets.charts.spec import Chart, NotDrawable
from datasets.charts.table import build_figures
from datasets.charts.theme import PALETTES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def table(settings):
    """A function that writes what an SQL query selects to a Parquet file."""

    def write(query: str) -> Path:
        path = engine.datasets_folder() / "data.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as db:
            db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path

    return write


def shown(path: Path, chart: Chart, **titles: str) -> spec.Points:
    return compute_points(path, chart, titles=titles)


def number(value: str | float | None) -> float:
    """Return a value of a row that must be a number."""
    assert isinstance(value, int | float)
    return value


def svg_of(chart: Chart, points: spec.Points, theme: str = "light", size: str = "wide") -> str:
    return spec.render_svg(spec.build_specification(chart, points, palette=PALETTES[theme], size=size), language="fr")


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 -- our own renderer's output, which a test may trust to be finite


def marks(svg: str, role: str) -> list[ET.Element]:
    return [e for e in parsed(svg).iter() if e.get("class", "").startswith(f"mark-{role} role-mark")]


TREES = (
    "SELECT * FROM (VALUES ('Centre', 2024, 10.0), ('Nord', 2024, 5.0), ('Centre', 2025, 1.5)) t(area, year, height)"
)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("count", [("Centre", 2), ("Nord", 1)]),
        ("sum", [("Centre", 11.5), ("Nord", 5)]),
        ("mean", [("Centre", 5.75), ("Nord", 5)]),
        ("median", [("Centre", 5.75), ("Nord", 5)]),
        ("min", [("Centre", 1.5), ("Nord", 5)]),
        ("max", [("Centre", 10), ("Nord", 5)]),
    ],
)
def test_rows_are_grouped_by_the_aggregate(table, aggregate, expected):
    points = shown(table(TREES), Chart("bar", "area", "height", aggregate))
    assert [(row["x"], row["y"]) for row in points.rows] == expected


@pytest.mark.parametrize(
    ("mark", "role", "count"),
    [("bar", "rect", 2), ("line", "line", 1), ("area", "area", 1), ("point", "symbol", 2), ("arc", "arc", 2)],
)
def test_each_mark_is_drawn_with_its_own_shapes(table, mark, role, count):
    chart = Chart(mark, "area")
    groups = marks(svg_of(chart, shown(table(TREES), chart)), role)
    assert sum(len(list(group.iter(f"{SVG}path"))) for group in groups) == count


def test_numbers_and_words_are_written_in_the_language_of_the_account(table):
    chart = Chart("bar", "k", "v", "sum")
    svg = svg_of(chart, shown(table("SELECT 'a' AS k, 1234567.5 AS v"), chart))
    assert "1\u202f200\u202f000" in svg or "1\u00a0200\u00a0000" in svg


HOSTILE = """x.y[0]'"</text><script>alert(1)</script>"""


def test_hostile_names_and_values_are_only_ever_text(table):
    name = HOSTILE.replace('"', '""')
    value = HOSTILE.replace("'", "''")
    path = table(f"""SELECT '{value}' AS "{name}", 3 AS "a.b['c']", 'datum.x' AS "signal" """)
    chart = Chart("bar", HOSTILE, "a.b['c']", "sum", "signal")
    svg = svg_of(chart, shown(path, chart))
    root = parsed(svg)
    assert [e for e in root.iter() if e.tag.rpartition("}")[2] in {"script", "foreignObject", "image", "a"}] == []
    assert [name for e in root.iter() for name in e.attrib if name.lower().startswith("on")] == []
    words = [e.text for e in root.iter(f"{SVG}text")]
    assert HOSTILE in words
    assert "Sum of a.b['c']" in words


def test_a_specification_never_makes_the_renderer_call_an_address(table):
    chart = Chart("bar", "area")
    specification = spec.build_specification(chart, shown(table(TREES), chart), palette=PALETTES["light"])
    # Nothing listens there: were it called, the error would be another. The renderer holds the interpreter's lock,
    # so a receiver in this process could not answer it.
    specification["data"] = {"url": "http://127.0.0.1:9/data.csv"}
    with pytest.raises(ValueError, match="not allowed"):
        spec.render_svg(specification, language="fr")


def test_day_and_night_differ_in_colours_only(table):
    chart = Chart("line", "year", "height", "sum", "area")
    points = shown(table(TREES), chart)
    light, dark = svg_of(chart, points), svg_of(chart, points, theme="dark")
    assert PALETTES["light"].series[0] in light
    assert PALETTES["dark"].series[0] in dark
    assert light.count("<path") == dark.count("<path")


@pytest.mark.parametrize(
    ("chart", "sentence"),
    [
        (Chart("bar", "gone"), "The column “gone” is no longer in the data."),
        (Chart("bar", "area", "gone", "sum"), "The column “gone” is no longer in the data."),
        (Chart("bar", "area", colour="gone"), "The column “gone” is no longer in the data."),
        (Chart("bar", ""), "Choose the column of the horizontal axis."),
        (Chart("bar", "area", "", "sum"), "Choose the column of the vertical axis."),
        (Chart("bar", "area", "area", "sum"), "The column “area” does not hold numbers."),
        (Chart("line", "year", "height", "none"), "Only points can show each row: choose a grouping."),
        (Chart("arc", "area", "debt", "sum"), "A pie cannot show negative values."),
        (Chart("line", "nothing"), "No row has a value to show."),
    ],
)
def test_what_cannot_be_drawn_says_why(table, chart, sentence):
    path = table(f"SELECT *, -height AS debt, NULL::DATE AS nothing FROM ({TREES})")  # noqa: S608 -- our own words
    with pytest.raises(NotDrawable) as refusal:
        shown(path, chart)
    assert str(refusal.value) == sentence


def test_a_file_that_is_gone_or_broken_is_a_sentence_too(table):
    path = table(TREES)
    (path.parent / "broken.parquet").write_bytes(b"PAR1 nonsense")
    for name in ("broken.parquet", "absent.parquet"):
        with pytest.raises(NotDrawable) as refusal:
            shown(path.parent / name, Chart("bar", "area"))
        assert str(refusal.value) == "The data of the dataset cannot be read."


def test_many_categories_leave_the_largest_and_a_note(table):
    points = shown(
        table("SELECT 'Town ' || least(i % 100, i // 10) AS town FROM range(1000) t(i)"), Chart("bar", "town")
    )
    assert len(points.rows) == len(points.categories) == 30
    assert points.footnote == "The 30 largest of 100 values are shown."
    sizes = {row["x"]: number(row["y"]) for row in points.rows}
    assert [sizes[name] for name in points.categories] == sorted(sizes.values(), reverse=True)


def test_a_pie_keeps_its_whole_when_slices_are_many(table):
    points = shown(table("SELECT 'Town ' || (i % 100) AS town FROM range(1000) t(i)"), Chart("arc", "town"))
    assert points.categories[-1] == "Others (91)"
    assert sum(number(row["y"]) for row in points.rows) == 1000


def test_many_numbers_become_steps_of_a_round_width(table):
    points = shown(table("SELECT i / 7 AS amount FROM range(7000) t(i)"), Chart("bar", "amount"))
    assert points.binned
    assert {number(row["x2"]) - number(row["x"]) for row in points.rows} == {50}
    assert sum(number(row["y"]) for row in points.rows) == 7000
    groups = marks(svg_of(Chart("bar", "amount"), points), "rect")
    assert sum(len(list(group.iter(f"{SVG}path"))) for group in groups) == 20


def test_many_dates_are_rounded_to_months_then_years(table):
    days = "SELECT DATE '2000-01-01' + INTERVAL (i) DAY AS day FROM range({}) t(i)"
    assert [shown(table(days.format(n)), Chart("bar", "day")).unit for n in (30, 300, 9000)] == ["day", "month", "year"]
    assert shown(table(days.format(1)), Chart("bar", "day")).rows == [{"x": 946684800000, "y": 1}]


def test_few_years_are_named_in_order_and_without_a_separator(table):
    points = shown(table(TREES), Chart("bar", "year", "height", "sum"))
    assert (points.kind, points.categories) == ("nominal", ("2024", "2025"))
    line = Chart("line", "year", "height", "sum")
    assert ">2024<" in svg_of(line, shown(table(TREES), line))


def test_each_row_is_a_point_and_many_rows_a_sample_that_stays_the_same(table):
    few = shown(table(TREES), Chart("point", "year", "height", "none"))
    assert sorted((row["x"], row["y"]) for row in few.rows) == [(2024, 5), (2024, 10), (2025, 1.5)]
    path = table("SELECT i AS a, i * 2 AS b FROM range(5000) t(i)")
    first, second = (shown(path, Chart("point", "a", "b", "none")) for _ in range(2))
    assert len(first.rows) == MAX_SAMPLE_ROWS
    assert first == second
    assert first.footnote == "A sample of 2000 rows of 5000 is shown."


def test_values_that_json_cannot_hold_are_left_out_and_counted(table):
    path = table("SELECT * FROM (VALUES (1::DOUBLE), (2), ('nan'::DOUBLE), ('inf'::DOUBLE), (NULL)) t(\"a\")")
    points = shown(path, Chart("line", "a"), a="Amount")
    assert [row["x"] for row in points.rows] == [1, 2]
    assert points.footnote == "3 rows without “Amount” are left out."
    svg_of(Chart("line", "a"), points)


def test_an_empty_text_is_a_category_with_a_name(table):
    points = shown(table("SELECT unnest(['', NULL, ' ', 'x']) AS a"), Chart("bar", "a"))
    assert {row["x"]: row["y"] for row in points.rows} == {"(empty)": 3, "x": 1}


def test_colours_pile_up_in_bars_and_stay_eight(table):
    path = table("SELECT i % 3 AS a, 'c' || (i % 20) AS colour FROM range(300) t(i)")
    points = shown(path, Chart("bar", "a", colour="colour"))
    assert (len(points.colours), points.colours[-1]) == (9, "Others (12)")
    specification = spec.build_specification(Chart("bar", "a", colour="colour"), points, palette=PALETTES["light"])
    assert specification["encoding"]["y"]["stack"] == "zero"


def test_long_names_lay_the_bars_down(table):
    chart = Chart("bar", "name")
    points = shown(table("SELECT 'A rather long name, number ' || i AS name FROM range(6) t(i)"), chart)
    assert spec.build_specification(chart, points, palette=PALETTES["light"])["encoding"]["y"]["field"] == "x"


@pytest.mark.parametrize(("least", "step"), [(1, 1), (1.1, 2), (4.9, 5), (50, 50), (51, 100), (0.03, 0.05)])
def test_a_step_is_one_two_or_five_times_a_power_of_ten(least, step):
    assert round_step(least) == pytest.approx(step)


def test_dates_beyond_the_calendar_are_left_out(table):
    path = table(
        "SELECT unnest([DATE '2024-01-01', DATE '20240-01-01', 'infinity'::DATE, DATE '0044-03-15 (BC)']) AS d"
    )
    points = shown(path, Chart("line", "d"))
    assert [row["x"] for row in points.rows] == [1704067200000]


def test_the_figures_are_the_chart_in_words(table):
    path = table(f"SELECT *, make_date(year, 5, 1) AS day FROM ({TREES})")  # noqa: S608 -- our own words
    by_area = build_figures(shown(path, Chart("bar", "area", "height", "sum")))
    assert by_area == {"head": ["area", "Sum of height"], "rows": [["Centre", 11.5], ["Nord", 5.0]], "total": 2}
    by_day = build_figures(shown(path, Chart("line", "day", colour="area")))
    assert by_day["head"] == ["day", "area", "Number of rows"]
    assert by_day["rows"][0] == ["2024-05-01", "Centre", 1]
    steps = build_figures(shown(table("SELECT i / 7 AS amount FROM range(7000) t(i)"), Chart("bar", "amount")))
    assert (steps["rows"][0], steps["total"]) == (["0 – 50", 350], 20)


def test_dates_are_named_in_the_language_of_the_account(table):
    path = table("SELECT DATE '2023-01-15' + INTERVAL (i) MONTH AS day, i AS v FROM range(4) t(i)")
    chart = Chart("line", "day", "v", "sum")
    assert "janv." in svg_of(chart, shown(path, chart)) or "janvier" in svg_of(chart, shown(path, chart))


def test_a_pie_names_its_dates_and_its_steps(table):
    days = table("SELECT DATE '2000-01-01' + INTERVAL (i) MONTH AS day, i / 7 AS amount FROM range(70) t(i)")
    by_year = shown(days, Chart("arc", "day"))
    assert by_year.categories == ("2000", "2001", "2002", "2003", "2004", "2005")
    by_amount = shown(days, Chart("arc", "amount"))
    assert by_amount.categories == ("0 – 2", "2 – 4", "4 – 6", "6 – 8", "8 – 10")
    assert sum(number(row["y"]) for row in by_amount.rows) == 70


def test_a_point_for_many_categories_shows_the_largest_and_says_so(table):
    path = table("SELECT 'q' || (i % 100) AS quarter, i AS v FROM range(990) t(i)")
    points = shown(path, Chart("line", "quarter", "v", "sum"))
    assert len(points.rows) == 60
    assert points.footnote == "The 60 largest of 100 values are shown."
    numbers = [int(name[1:]) for name in points.categories]
    assert numbers == sorted(numbers)
