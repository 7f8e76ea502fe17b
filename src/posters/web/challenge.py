"""Recognising a firewall's challenge, which AWS WAF sends in place of a page.

The challenge is reported and never solved. Source: https://docs.aws.amazon.com/waf.
"""

from collections.abc import Mapping

_MARKS = (b"gokuProps", b"AwsWafIntegration", b"awswaf.com")
_SEARCHED_BYTES = 64 * 1024  # the challenge page has about 2,000 bytes


def is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer is a challenge; `body` may be its beginning."""
    return (
        status in (202, 405)  # the challenge, the CAPTCHA
        or any(name.lower() == "x-amzn-waf-action" for name in headers)
        or is_challenge_page(body)
    )


def is_challenge_page(body: bytes) -> bool:
    """Whether a page only runs the firewall's script."""
    beginning = body[:_SEARCHED_BYTES]
    return any(mark in beginning for mark in _MARKS)
