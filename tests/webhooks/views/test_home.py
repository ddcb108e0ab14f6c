"""The dashboard of an account: how many events, which webhooks fail, what happened last."""

from datetime import date

import pytest
from django.utils import timezone

from tests.factories import EventFactory, WebhookFactory
from webhooks.views.home import HEIGHT, WIDTH, bars


def text(answer):
    return answer.content.decode()


def test_a_visitor_signs_in_first(client):
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_every_member_sees_the_latest_events_of_the_account_only(account, ursula, sign_in):
    EventFactory.create(account=account, resource_title="<b>Roads</b>")
    EventFactory.create(account=account, resource_title="A sample", is_test=True)
    EventFactory.create(resource_title="Not yours")

    page = text(sign_in(ursula).get("/"))

    assert "&lt;b&gt;Roads&lt;/b&gt;" in page
    assert "A dataset was finalized and put online" in page
    assert "A sample" not in page
    assert "Not yours" not in page
    assert "One event in the last 30 days, one of them today." in " ".join(page.split())


def test_webhooks_in_trouble_are_named_and_led_to(account, alice, ursula, sign_in):
    now = timezone.now()
    failing = WebhookFactory.create(account=account, title="Failing", failing_since=now)
    WebhookFactory.create(account=account, title="Gone", enabled=False, disabled_reason="gone", disabled_at=now)
    WebhookFactory.create(account=account, title="Off by choice", disabled=True)
    WebhookFactory.create(account=account, title="Well")

    page, readers = text(sign_in(alice).get("/")), text(sign_in(ursula).get("/"))

    for shown in (page, readers):
        assert "Failing" in shown
        assert "Gone" in shown
        assert "Off by choice" not in shown
        assert "Well" not in shown
    assert f'href="/settings/webhooks/{failing.pk}/"' in page
    assert "/settings/webhooks/" not in readers


def test_all_is_well_when_nothing_is_in_trouble(account, alice, sign_in):
    WebhookFactory.create_batch(2, account=account)

    assert "All 2 webhooks are well." in text(sign_in(alice).get("/"))


def test_a_new_account_is_shown_where_to_begin(alice, sign_in):
    page = text(sign_in(alice).get("/"))

    assert "Nothing has happened yet." in page
    assert "None of these events is told to another system yet." in page


def test_the_chart_says_in_a_table_what_it_draws(account, alice, sign_in):
    EventFactory.create_batch(3, account=account)

    page = sign_in(alice).get("/")

    assert page.context["days"][-1].count == 3
    assert "Events per day over 30 days, 3 at the most" in text(page)
    assert text(page).count('<th scope="row">') == 30


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_whatever_there_is(account, alice, sign_in, django_assert_num_queries, count):
    EventFactory.create_batch(count, account=account)
    WebhookFactory.create_batch(count, account=account)
    browser = sign_in(alice)
    browser.get("/")

    with django_assert_num_queries(6):  # session, user, memberships, webhooks, today's count, latest events
        browser.get("/")


def test_bars_stand_inside_the_drawing_and_a_day_with_events_is_never_invisible():
    counts = [(date(2026, 8, day), count) for day, count in ((1, 0), (2, 1), (3, 1000))]

    none, few, many = bars(counts)

    assert (none.height, few.height, many.height) == (0, 3, HEIGHT)
    assert [bar.y + bar.height for bar in (none, few, many)] == [HEIGHT] * 3
    assert 0 < none.x < few.x < many.x < many.x + many.width < WIDTH


def test_a_month_without_events_is_a_flat_line():
    assert [bar.height for bar in bars([(date(2026, 8, 1), 0)])] == [0]
