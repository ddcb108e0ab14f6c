"""Questions to the rows are bounded in size, in time and in number, and hold up nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection
from django.test import Client

from datasets.models import Dataset
from datasets.rows import questions, reader
from datasets.rows.filters import build_query
from tests.polling import eventually

ROWS = 200_000
LINES = "/api/v1/datasets/cities/lines"
SLOW = {"q": " ".join(["z"] * 20), "sort": "last"}
"""Twenty words that only the last column contains, in every row, and sorted: nothing is left out or shown early."""

TOO_SLOW = "This question takes too long to answer: use fewer words or filters, or download the whole file."
TOO_BUSY = "Too many questions are being answered just now: ask again in a few seconds."

MANY_FILTERS = {
    f"{key}_{operator}": "1" for key in ("c0", "c1", "c2") for operator in ("eq", "neq", "gt", "gte", "lt", "lte", "in")
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def large(dataset, serve) -> Dataset:
    """A public dataset of 200,000 rows and seven columns."""
    texts = ", ".join(f"md5((i + {number})::VARCHAR) AS c{number}" for number in range(5))
    rows = f"range({ROWS}) t(i)"
    serve(dataset, " ".join(("SELECT i AS number,", texts, ", 'z' || md5(i::VARCHAR) AS last FROM", rows)))
    Dataset.objects.update(is_public=True, row_count=ROWS)
    dataset.refresh_from_db()
    return dataset


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Accept-Language": "en"})


def ask(parameters):
    """Ask as a visitor of its own, in a thread of its own."""
    try:
        return Client(headers={"Accept-Language": "en"}).get(LINES, parameters)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("parameters", "field", "sentence"),
    [
        ({"q": "a " * 21}, "q", "At most 20 words can be looked for at once."),
        ({"q": "mot " * 1000}, "q", "The question is too long: at most 2000 characters."),
        (
            {"c0_contains": "x" * 1990, "sort": "c0,c1,c2,c3"},
            "c0_contains",
            "The question is too long: at most 2000 characters.",
        ),
        ({"number_in": ",".join(["1"] * 201)}, "number_in", "At most 200 values can be listed."),
        (MANY_FILTERS, "c2_in", "At most 20 filters can be combined."),
    ],
)
@pytest.mark.parametrize("format", ["json", "csv"])
def test_a_question_that_is_too_large_is_400_and_named(visitor, large, parameters, field, sentence, format):
    answer = visitor.get(LINES, parameters | {"format": format})

    assert (answer.status_code, answer.json()["errors"]) == (400, {field: [sentence]})


def test_a_question_of_the_largest_size_is_answered(visitor, large):
    listed = ",".join(str(number) for number in range(200))

    answer = visitor.get(LINES, {"number_in": listed, "q": "z " * 20, "size": 1})

    assert (answer.status_code, answer.json()["total"]) == (200, 200)


@pytest.mark.parametrize(
    ("parameters", "first"),
    [
        ({"number_gte": "100"}, 100),
        ({"number_gte": "100", "skip": "5"}, 105),
        ({"number_gte": "100", "sort": "number:-1"}, ROWS - 1),
        ({"number_gte": "100", "sort": "number:-1", "skip": "5", "select": "number"}, ROWS - 6),
    ],
)
def test_rows_and_their_number_come_of_one_search(large, parameters, first):
    query = build_query(large.columns, parameters)

    page = reader.page(large, query, size=3, skip=int(parameters.get("skip", 0)))

    step = -1 if "sort" in parameters else 1
    assert (page.total, [row["number"] for row in page.rows]) == (ROWS - 100, [first, first + step, first + 2 * step])
    assert [row["_i"] for row in page.rows] == [row["number"] + 1 for row in page.rows]


@pytest.mark.parametrize(("size", "skip", "total"), [(0, 0, 10), (5, 50, 10), (5, 0, 10)])
def test_a_page_beyond_the_last_row_still_counts(large, size, skip, total):
    assert reader.page(large, build_query(large.columns, {"number_lt": "10"}), size=size, skip=skip).total == total


@pytest.mark.parametrize("format", ["json", "csv"])
def test_a_question_that_takes_too_long_is_interrupted_with_503(visitor, large, monkeypatch, format):
    monkeypatch.setattr(questions, "TIME_LIMIT_S", 0.05)

    answer = visitor.get(LINES, SLOW | {"format": format})

    assert (answer.status_code, answer["Retry-After"], answer.json()) == (503, "5", {"detail": TOO_SLOW})


def test_what_is_interrupted_gives_its_place_back(visitor, large, monkeypatch):
    monkeypatch.setattr(questions, "TIME_LIMIT_S", 0.05)
    slow = [visitor.get(LINES, SLOW).status_code for _ in range(questions.MAX_AT_ONCE + 1)]
    monkeypatch.undo()

    assert slow == [503] * (questions.MAX_AT_ONCE + 1)
    assert visitor.get(LINES, {"number_eq": "7"}).json()["total"] == 1


def test_sixteen_slow_questions_hold_up_neither_a_page_nor_one_another(visitor, large):
    running, answered = threading.Semaphore(0), []

    def question(number):
        running.release()
        answer = ask(SLOW)
        answered.append("question")
        return answer

    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(question, number) for number in range(16)]
        for _ in asked:
            assert running.acquire(timeout=30)
        pages = [visitor.get(path) for path in ("/dataset/cities", "/sign-in/")]
        answered.append("pages")
        answers = [future.result(timeout=60) for future in asked]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer["Retry-After"]) for answer in refused} == {(503, "5")}
    assert {TOO_BUSY} <= {answer.json()["detail"] for answer in refused} <= {TOO_SLOW, TOO_BUSY}
    assert [page.status_code for page in pages] == [200, 200]
    assert b"cfcd208495d565ef66e7dff9f98764da" in pages[0].content  # the md5 of the first row, in its preview
    assert answered[-1] == "question"


def test_only_so_many_wait_and_the_first_of_them_has_the_next_place():
    places = questions.Places(at_once=1, waiting=1)
    entered = threading.Event()

    def wait():
        with places.taken(wait_s=30):
            entered.set()

    def nobody_more_may_wait():
        if places._queue.acquire(blocking=False):
            places._queue.release()
            return False
        return True

    with ExitStack() as first:
        first.enter_context(places.taken(wait_s=0))
        waiting = threading.Thread(target=wait)
        waiting.start()
        eventually(nobody_more_may_wait)
        with pytest.raises(questions.TooBusy), places.taken(wait_s=30):
            pass
        assert not entered.is_set()
    assert entered.wait(30)
    waiting.join(30)


def test_previews_and_downloads_wait_behind_no_search(visitor, large):
    with ExitStack() as searches:
        for _ in range(questions.MAX_AT_ONCE):
            searches.enter_context(questions.SEARCHES.taken(wait_s=0))
        assert b"cfcd208495d565ef66e7dff9f98764da" in visitor.get("/dataset/cities").content
        assert visitor.get(LINES, {"number_eq": "7"}).status_code == 503
    download = visitor.get("/api/v1/datasets/cities/full").streaming_content
    start = [next(download), next(download)]
    with ExitStack() as searches:
        for _ in range(questions.MAX_AT_ONCE):
            searches.enter_context(questions.SEARCHES.taken(wait_s=0))
        whole = b"".join([*start, *download])
    assert whole.count(b"\r\n") == ROWS + 1


def test_a_download_that_is_read_slowly_keeps_no_place(visitor, large):
    download = visitor.get("/api/v1/datasets/cities/full")
    assert next(iter(download.streaming_content)).startswith("\ufeffnumber".encode())

    with ExitStack() as all_places:
        for places in (questions.SEARCHES, questions.DOWNLOADS):
            for _ in range(questions.MAX_AT_ONCE):
                all_places.enter_context(places.taken(wait_s=0))
    download.close()


def test_a_page_that_finds_no_place_is_shown_without_its_rows(visitor, large):
    with ExitStack() as previews:
        for _ in range(questions.MAX_AT_ONCE):
            previews.enter_context(questions.PREVIEWS.taken(wait_s=0))
        page = visitor.get("/dataset/cities")

    assert page.status_code == 200
    assert b"The rows cannot be shown just now" in page.content
