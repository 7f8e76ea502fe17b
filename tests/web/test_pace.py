"""Never faster than agreed, never more at a time than agreed, and no host waits for another."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from pathlib import Path

import pytest
from misbehaving_server import (
    HOST,
    OTHER,
    PATIENCE,
    Clock,
    Visit,
    Web,
    get,
    opened,
    reply,
    settings,
    url,
)

from posters.errors import FetchFailed, SiteBlocked
from posters.web import fetcher as fetcher_module
from posters.web.archive import Archive
from posters.web.connections import Connections
from posters.web.fetcher import Fetcher
from posters.web.pace import Pace
from posters.web.request import Site


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


class Counted:
    """How many are inside at the same time, and how many there were at most."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.changed = threading.Condition()

    def enter(self) -> None:
        with self.changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.changed.notify_all()

    def leave(self) -> None:
        with self.changed:
            self.inside -= 1
            self.changed.notify_all()

    def wait_until(self, inside: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.inside >= inside, PATIENCE)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("per_second", [0.5, 3.0, 20.0])
def test_turns_are_never_closer_than_agreed(threads: int, per_second: float) -> None:
    clock = Clock()
    pace = Pace(per_second, threads, clock=clock, sleep=clock.sleep)
    times: list[float] = []

    def turn(_: int) -> None:
        with pace.turn():
            times.append(clock.seen())

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(turn, range(50)))
    gaps = [later - earlier for earlier, later in pairwise(sorted(times))]
    assert len(gaps) == 49
    assert min(gaps) >= 1 / per_second - 1e-9
    if threads == 1:
        assert max(gaps) <= 1.3 / per_second + 1e-9
        assert len({round(gap, 6) for gap in gaps}) > 10, "the gaps are not all the same"


def test_time_spent_elsewhere_is_not_waited_for_again() -> None:
    clock = Clock()
    pace = Pace(1.0, 1, clock=clock, sleep=clock.sleep)
    for _ in range(3):
        clock.advance(5)
        with pace.turn():
            pass
    assert clock.waited == []


def test_a_server_of_our_own_is_not_waited_for() -> None:
    clock = Clock()
    pace = Pace(None, 1, clock=clock, sleep=clock.sleep)
    for _ in range(20):
        with pace.turn():
            pass
    assert clock.waited == []


def test_a_pause_holds_for_everyone_and_is_never_shortened() -> None:
    clock = Clock()
    pace = Pace(1000, 4, clock=clock, sleep=clock.sleep)
    until = clock() + 30
    pace.pause(30)
    pace.pause(3)
    times: list[float] = []

    def turn(_: int) -> None:
        with pace.turn():
            times.append(clock.seen())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(turn, range(8)))
    assert min(times) >= until


def test_a_pause_that_begins_while_somebody_waits_holds_for_them_too() -> None:
    clock = Clock()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        if not waited:
            pace.pause(60)
        waited.append(seconds)
        clock.sleep(seconds)

    pace = Pace(1.0, 1, clock=clock, sleep=sleep)
    started = clock()
    for _ in range(2):
        with pace.turn():
            pass
    assert clock() >= started + 60


def test_slowing_down_never_speeds_up() -> None:
    clock = Clock()
    pace = Pace(1.0, 1, clock=clock, sleep=clock.sleep)
    pace.slow_down(10)
    pace.slow_down(0.1)
    for _ in range(2):
        with pace.turn():
            pass
    assert 10 <= sum(clock.waited) <= 13


@pytest.mark.parametrize("connections", [1, 3])
def test_no_more_turns_at_a_time_than_agreed(connections: int) -> None:
    clock = Clock()
    pace = Pace(None, connections, clock=clock, sleep=clock.sleep)
    counted, go_on = Counted(), threading.Event()

    def turn(_: int) -> None:
        with pace.turn():
            counted.enter()
            assert go_on.wait(PATIENCE)
            counted.leave()

    with ThreadPoolExecutor(10) as pool:
        done = pool.map(turn, range(10))
        counted.wait_until(connections)
        go_on.set()
        list(done)
    assert counted.most == connections


def test_an_error_gives_the_connection_back() -> None:
    clock = Clock()
    pace = Pace(None, 1, clock=clock, sleep=clock.sleep)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pace.turn():
            raise ZeroDivisionError


@pytest.mark.parametrize("connections", [1, 2])
def test_a_host_sees_no_more_connections_than_agreed(web: Web, connections: int) -> None:
    counted = Counted()
    numbers = count()

    def hold(visit: Visit) -> None:
        """Until as many came as may come together."""
        counted.enter()
        together = (next(numbers) // connections + 1) * connections
        web.server.wait_for(together)
        counted.leave()
        visit.send(reply())

    web.server.default = hold
    archive = web.archive(connections=connections)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: get(archive, url(f"/{number}.jpg")), range(12)))
    assert counted.most == connections
    assert web.server.count() == 12


@pytest.mark.parametrize("robots", [False, True])
def test_a_slow_host_keeps_nobody_from_another(web: Web, robots: bool) -> None:
    """Not even while its robots.txt is waited for."""
    other_done, arrived = threading.Event(), threading.Event()

    def hold(visit: Visit) -> None:
        arrived.set()
        assert other_done.wait(PATIENCE)
        visit.send(reply(b""))

    web.server.on(f"{HOST}/robots.txt", hold)
    web.server.on(f"{HOST}/a.jpg", hold if not robots else reply())
    web.server.on("/a.jpg", reply())
    archive = web.archive(connections=1, robots=robots)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(get, archive)
        assert arrived.wait(PATIENCE)
        quick = ThreadPoolExecutor(1)
        quick.submit(get, archive, url(host=OTHER)).result(PATIENCE)
        other_done.set()
        slow.result(PATIENCE)
        quick.shutdown()


def test_who_waited_while_a_site_was_blocked_does_not_ask_it(web: Web) -> None:
    """One connection, held by the request that is answered with the challenge."""
    waiting = threading.Event()

    def challenge(visit: Visit) -> None:
        assert waiting.wait(PATIENCE)
        visit.send(reply(b"", 202))

    web.server.default = challenge
    fetcher = web.fetcher(connections=1)
    turn, asked = fetcher._paces[HOST].turn, threading.Semaphore(0)

    def counted_turn() -> object:
        asked.release()
        return turn()

    fetcher._paces[HOST].turn = counted_turn  # type: ignore[method-assign, assignment]
    archive = Archive(web.folder, fetcher)
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(get, archive, url(f"/{number}.jpg")) for number in range(4)]
        for _ in range(4):
            assert asked.acquire(timeout=PATIENCE)
        waiting.set()
        errors = [future.exception(PATIENCE) for future in done]
    assert [type(error) for error in errors] == [SiteBlocked] * 4
    assert web.server.count() == 1


def test_the_rate_holds_for_a_real_client(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries and redirects are requests like any other."""
    routes = {HOST: web.server.address}
    monkeypatch.setattr(fetcher_module, "Connections", lambda _, *rest: Connections(routes, *rest))
    clock = web.clock
    slow = Fetcher(
        [Site(HOST, 0.1, robots=False)],
        settings(retries=1, redirects=2),
        robots=web.folder,
        clock=clock,
        sleep=clock.sleep,
    )
    times: list[float] = []

    def note(visit: Visit) -> None:
        times.append(clock.now)
        status = (503, 302, 302, 200)[len(times) % 4]
        visit.send(reply(status=status, Location=f"/{len(times)}.jpg"))

    web.server.default = note
    archive = Archive(web.folder, slow)
    for number in range(100, 108):
        try:
            get(archive, url(f"/{number}.jpg"))
        except FetchFailed:
            continue
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) > 10
    assert min(gaps) >= 10
