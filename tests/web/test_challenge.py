"""The firewall's challenge is recognised by its status, its header, or its page."""

import pytest
from damage import FORMATS

from posters.web.challenge import is_challenge

STUB = (FORMATS / "firewall.html").read_bytes()
PAGE = (FORMATS / "imdb_search.html").read_bytes()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (202, {}, b""),
        (405, {}, b"<html></html>"),
        (200, {"x-amzn-waf-action": "challenge"}, PAGE),
        (403, {"X-Amzn-WAF-Action": "captcha"}, b""),
        (200, {}, STUB),
        *((200, {}, b"<p>" + mark) for mark in (b"gokuProps", b"AwsWafIntegration", b"awswaf.com")),
    ],
)
def test_a_challenge_is_recognised(status: int, headers: dict[str, str], body: bytes) -> None:
    assert is_challenge(status, headers, body)


@pytest.mark.parametrize("status", [200, 301, 403, 404, 429, 503])
@pytest.mark.parametrize("body", [b"", PAGE, b"x" * 70_000 + b"gokuProps"])
def test_other_answers_are_none(status: int, body: bytes) -> None:
    assert not is_challenge(status, {"content-type": "text/html"}, body)
