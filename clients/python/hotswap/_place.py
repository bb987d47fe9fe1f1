"""Whether this process's generation serves."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ._errors import Cancelled, Disconnected, Error
from ._process import Exchange, Process, current, log, patiently


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
        self.runs = False


class _Follower:
    """Follows the place in one thread, and calls the functions in others.

    Functions of on_serve wait for the end of those of on_drain, but not the other way round, so that one of
    on_serve that does not return holds up nothing. No function runs twice at a time. hotswap is told when those of
    on_drain have ended.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._changed = threading.Condition()  # guards what follows
        self._on_serve: List[_Function] = []
        self._on_drain: List[_Function] = []
        self._serving: Optional[bool] = None  # None: it starts
        self._drain: Optional[Drain] = None  # while it does not serve
        self._newest = 0  # number of the newest event that has to be answered
        self._done = 0  # number of the newest event that was answered on this connection
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
            patiently(self._follow, threading.Event())
        except (Error, Disconnected) as error:
            log.error("whether this generation serves is not known any more: %s", error)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _follow(self) -> None:
        with self._process.exchange({"op": "place", "handles": True}) as exchange:
            with self._changed:
                self._exchange, self._newest, self._done = exchange, 0, 0
            while True:
                event = exchange.receive()
                with self._changed:
                    self._take(event)
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
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._due() or self._newest > self._done and self._at_rest())
                if self._ended:
                    return
                due, drain, newest, exchange = self._due(), self._drain, self._newest, self._exchange
                for function in due:
                    function.told, function.runs = self._turn, True
                if not due:
                    self._done = newest
            for function in due:  # all at once, because one may wait for what another does not
                threading.Thread(target=self._run, args=(function, drain), name="hotswap place", daemon=True).start()
            if not due and exchange:
                try:
                    exchange.send({"op": "done", "seq": newest})
                except Disconnected:
                    pass  # the other thread opens another one, or ends

    def _due(self) -> List[_Function]:
        """The functions that were not called yet since it serves, or since it does not."""
        if self._serving is None or self._serving and any(function.runs for function in self._on_drain):
            return []
        functions = self._on_serve if self._serving else self._on_drain
        return [function for function in functions if function.told != self._turn and not function.runs]

    def _at_rest(self) -> bool:
        """Whether all has been done that is to be done before this process ends."""
        return self._drain is not None and not any(f.runs or f.told != self._turn for f in self._on_drain)

    def _run(self, function: _Function, drain: Optional[Drain]) -> None:
        try:
            function.call(*([drain] if drain else []))
        except Cancelled:
            pass
        except Exception:
            log.exception("a function of on_serve or on_drain has failed")
        finally:
            with self._changed:
                function.runs = False
                self._changed.notify_all()


def follower() -> _Follower:
    process = current()
    with process.lock:
        if process.place is None:
            process.place = _Follower(process)
        place: _Follower = process.place
        return place


def serving() -> bool:
    """Whether this process's generation gets new connections. Without hotswap it does."""
    with current().exchange({"op": "place"}) as exchange:
        answer = exchange.receive()
        exchange.cancel()
        try:
            while True:
                exchange.receive()  # such as that it has drained
        except Error as error:
            if error.code != "canceled":
                raise
    return bool(answer["serving"])
