"""Requests are never faster or more at a time than agreed, and no host delays another."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise

import pytest
from misbehaving_server import HOST, OTHER, PATIENCE, Clock, Responder, Web, get, reply, url

from posters.errors import FetchFailed, SiteBlocked
from posters.web.archive import Archive
from posters.web.pace import Pace


def pace_of(clock: Clock, per_second: float | None, connections: int = 1) -> Pace:
    return Pace(per_second, connections, clock=clock, sleep=clock.sleep)


def times_of_turns(pace: Pace, clock: Clock, turns: int, threads: int) -> list[float]:
    times: list[float] = []

    def turn(_: int) -> None:
        with pace.turn():
            times.append(clock.last_read())

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(turn, range(turns)))
    return sorted(times)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("per_second", [0.5, 20.0])
def test_turns_are_never_closer_than_agreed(threads: int, per_second: float) -> None:
    clock = Clock()
    times = times_of_turns(pace_of(clock, per_second, threads), clock, 50, threads)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 49
    assert min(gaps) >= 1 / per_second - 1e-9
    if threads == 1:
        assert max(gaps) <= 1.3 / per_second + 1e-9
        assert len({round(gap, 6) for gap in gaps}) > 10, "there is jitter"


def test_there_is_no_wait_after_enough_time_or_without_a_rate() -> None:
    clock = Clock()
    for pace, between in ((pace_of(clock, 1.0), 5.0), (pace_of(clock, None), 0.0)):
        for _ in range(3):
            clock.now += between
            with pace.turn():
                pass
    assert clock.waited == []


def test_pause_and_interval_are_never_shortened() -> None:
    clock = Clock()
    pace = pace_of(clock, 1000, 4)
    until = clock() + 30
    for seconds in (30, 3):
        pace.pause(seconds)
        pace.slow_down(seconds / 3)
    first, second, *_ = times_of_turns(pace, clock, 8, threads=4)
    assert first >= until
    assert second >= first + 10


@pytest.mark.parametrize("connections", [1, 2])
def test_a_host_gets_no_more_connections_than_agreed(web: Web, connections: int) -> None:
    numbers, inside, concurrent = count(), Counter[str](), list[int]()

    def hold(responder: Responder) -> None:
        """Hold each request until as many came as may come at a time."""
        inside.update(["requests"])
        concurrent.append(inside["requests"])
        web.server.wait_for((next(numbers) // connections + 1) * connections)
        inside.subtract(["requests"])
        responder.send(reply())

    web.server.default = hold
    archive = web.archive(connections=connections)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: get(archive, url(f"/{number}.jpg")), range(12)))
    assert max(concurrent) == connections
    assert web.server.count() == 12


@pytest.mark.parametrize("robots", [False, True])
def test_a_slow_host_does_not_delay_another(web: Web, robots: bool) -> None:
    """Not even while its robots.txt is fetched."""
    other_done, arrived = threading.Event(), threading.Event()

    def hold(responder: Responder) -> None:
        arrived.set()
        assert other_done.wait(PATIENCE)
        responder.send(reply(b""))

    web.server.on(f"{HOST}/robots.txt", hold)
    web.server.on(f"{HOST}/a.jpg", hold if not robots else reply())
    web.server.on("/a.jpg", reply())
    archive = web.archive(connections=1, robots=robots)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(get, archive)
        assert arrived.wait(PATIENCE)
        pool.submit(get, archive, url(host=OTHER)).result(PATIENCE)
        other_done.set()
        slow.result(PATIENCE)


def test_waiting_threads_send_nothing_to_a_blocked_site(web: Web) -> None:
    """One connection, taken by the request that is answered with the challenge."""
    all_wait = threading.Event()

    def challenge(responder: Responder) -> None:
        assert all_wait.wait(PATIENCE)
        responder.send(reply(b"", 202))

    web.server.default = challenge
    fetcher = web.fetcher(connections=1)
    turn, waiting = fetcher._paces[HOST].turn, threading.Semaphore(0)

    def counted_turn() -> object:
        waiting.release()
        return turn()

    fetcher._paces[HOST].turn = counted_turn  # type: ignore[method-assign, assignment]
    archive = Archive(web.folder, fetcher)
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(get, archive, url(f"/{number}.jpg")) for number in range(4)]
        for _ in range(4):
            assert waiting.acquire(timeout=PATIENCE)
        all_wait.set()
        errors = [future.exception(PATIENCE) for future in done]
    assert [type(error) for error in errors] == [SiteBlocked] * 4
    assert web.server.count() == 1


def test_rate_applies_to_retries_and_redirects(web: Web) -> None:
    fetcher = web.fetcher(retries=1, redirects=2)
    fetcher._paces[HOST] = pace_of(web.clock, 0.1)  # routed hosts have no rate otherwise
    times: list[float] = []

    def note(responder: Responder) -> None:
        times.append(web.clock.now)
        status = (503, 302, 302, 200)[len(times) % 4]
        responder.send(reply(status=status, Location=f"/{len(times)}.jpg"))

    web.server.default = note
    archive = Archive(web.folder, fetcher)
    for number in range(100, 108):
        try:
            get(archive, url(f"/{number}.jpg"))
        except FetchFailed:
            continue
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) > 10
    assert min(gaps) >= 10
