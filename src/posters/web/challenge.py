"""The challenge that a firewall answers with in place of a page.

It is recognised, said plainly, and never solved: https://docs.aws.amazon.com/waf describes it.
"""

from collections.abc import Mapping

_MARKS = (b"gokuProps", b"AwsWafIntegration", b"awswaf.com")
_LOOKED_AT = 64 * 1024  # bytes; the stub has about 2,000


def is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer is the firewall's: to be reported, and not asked for again.

    Args:
        status: of the answer; 202 is the challenge, 405 the captcha.
        headers: of the answer, their names in any case.
        body: as it came, may be empty.
    """
    return (
        status in (202, 405)
        or any(name.lower() == "x-amzn-waf-action" for name in headers)
        or is_stub(body)
    )


def is_stub(body: bytes) -> bool:
    """Whether a page is the one that runs the firewall's script and shows nothing."""
    beginning = body[:_LOOKED_AT]
    return any(mark in beginning for mark in _MARKS)
