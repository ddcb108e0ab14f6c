"""Who may open which page."""

import pytest

SETTINGS = (
    "/settings/keys/",
    "/settings/keys/new/",
    "/settings/members/",
    "/settings/members/new/",
    "/settings/general/",
)


@pytest.mark.parametrize("path", SETTINGS)
def test_settings_are_for_administrators(path, alice, carl, ursula, bob, sign_in):
    codes = {user.name: sign_in(user).get(path).status_code for user in (alice, carl, ursula)}

    assert codes == {"Alice": 200, "Carl": 403, "Ursula": 403}


@pytest.mark.parametrize("path", [*SETTINGS, "/settings/", "/password/"])
def test_a_visitor_is_sent_to_the_sign_in_page(path, client, db):
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"


@pytest.mark.parametrize("path", ["/settings/members/1/role/", "/account/", "/sign-out/", "/language/"])
def test_acts_are_posts(path, alice, sign_in):
    assert sign_in(alice).get(path).status_code == 405


def test_the_refusal_says_why_and_names_the_account(carl, account, sign_in):
    answer = sign_in(carl).get("/settings/members/")

    assert answer.status_code == 403
    assert "Your role in the account Ville does not allow it." in answer.content.decode()
