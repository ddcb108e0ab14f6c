"""The page that browser tests are given."""


def test_a_page_is_served_with_the_security_policy(page):
    answer = page.goto("/no-such-page/")

    assert answer.status == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]
