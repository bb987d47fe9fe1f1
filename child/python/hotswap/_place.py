"""Whether this process's generation serves."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ._errors import Disconnected, Error
from ._process import Exchange, current
from ._state import log


class Drained:
    """drained of a Drain."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits until no connection has anything under way. Returns False if the timeout (seconds) is over, or if
        the drain was cancelled."""
        drain = self._drain
        with drain._changed:
            drain._changed.wait_for(lambda: drain._drained or drain._cancelled, timeout)
            return drain._drained

    def is_set(self) -> bool:
        return self._drain._drained


class Drain:
    """What on_drain's functions get: this generation gets no new connections."""

    def __init__(self) -> None:
        self.drained = Drained(self)
        self._changed = threading.Condition()
        self._deadline: Optional[float] = None
        self._drained = False
        self._cancelled = False

    @property
    def deadline(self) -> Optional[float]:
        """When this process is asked to end in any case, by time.monotonic(); None: no limit. It may change."""
        return self._deadline

    @property
    def cancelled(self) -> bool:
        """Whether the generation serves again."""
        return self._cancelled

    def _set(self, **fields: Any) -> None:
        with self._changed:
            for name, value in fields.items():
                setattr(self, name, value)
            self._changed.notify_all()


class _Function:
    """One of on_serve or on_drain."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call
        self.told = 0  # the turn in which it was called


class _Follower:
    """Follows the place in one thread, and calls the functions in others.

    The functions of on_serve and of on_drain never run at the same time: those that are to run next wait for the
    end of those that run. hotswap is told when those of on_drain have ended.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards what follows
        self._on_serve: List[_Function] = []
        self._on_drain: List[_Function] = []
        self._serving: Optional[bool] = None  # None: it starts
        self._drain: Optional[Drain] = None  # while it does not serve
        self._newest = 0  # number of the newest event that has to be answered
        self._turn = 0  # counts up with each change of _serving
        self._exchange: Optional[Exchange] = None
        self._ended = False
        for run in (self._read, self._call):
            threading.Thread(target=run, name="hotswap place", daemon=True).start()

    def add(self, serve: bool, call: Callable[..., Any]) -> None:
        with self._changed:
            (self._on_serve if serve else self._on_drain).append(_Function(call))
            self._changed.notify_all()

    def _read(self) -> None:
        try:
            with current().exchange({"op": "place", "handles": True}) as exchange:
                while True:
                    event = exchange.receive()
                    with self._changed:
                        self._exchange = exchange
                        self._take(event)
                        self._changed.notify_all()
        except (Error, Disconnected) as error:
            log.error("whether this generation serves is not known any more: %s", error)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, event: Dict[str, Any]) -> None:
        if event["event"] == "drained":
            self._newest = event["seq"]
            if self._drain:
                self._drain._set(_drained=True)
            return
        if event["event"] != "place" or event["state"] == "starting":
            return
        if event["serving"] != self._serving:
            self._serving = event["serving"]
            self._turn += 1
            if self._drain:
                self._drain._set(_cancelled=True)
            self._drain = None if self._serving else Drain()
        if self._drain:
            self._newest = event["seq"]
            left = event.get("deadlineMs", 0)
            self._drain._set(_deadline=time.monotonic() + left / 1000 if left else None)

    def _call(self) -> None:
        done = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._due() or self._newest > done and self._drain)
                if self._ended:
                    return
                due, drain, newest, exchange = self._due(), self._drain, self._newest, self._exchange
                for function in due:
                    function.told = self._turn
            if due:
                self._run(due, [drain] if drain else [])
            elif exchange:
                done = newest
                try:
                    exchange.send({"op": "done", "seq": newest})
                except Disconnected:
                    return

    def _due(self) -> List[_Function]:
        """The functions that were not called yet since it serves, or since it does not."""
        if self._serving is None:
            return []
        functions = self._on_serve if self._serving else self._on_drain
        return [function for function in functions if function.told != self._turn]

    @staticmethod
    def _run(functions: List[_Function], arguments: List[Drain]) -> None:
        """Runs all at once, because one may wait for what another does not, and waits for their ends."""

        def run(function: _Function) -> None:
            try:
                function.call(*arguments)
            except Exception:
                log.exception("a function of on_serve or on_drain has failed")

        threads = [threading.Thread(target=run, args=(f,), name="hotswap place", daemon=True) for f in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def follower() -> _Follower:
    process = current()
    with process.lock:
        if process.place is None:
            process.place = _Follower()
        place: _Follower = process.place
        return place


def serving() -> bool:
    """Whether this process's generation gets new connections. Without hotswap it does."""
    with current().exchange({"op": "place"}) as exchange:
        answer = exchange.receive()
        exchange.cancel()
        try:
            while True:
                answer = exchange.receive()
        except Error as error:
            if error.code != "canceled":
                raise
    return bool(answer["serving"])
