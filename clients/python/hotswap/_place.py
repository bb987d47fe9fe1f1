"""Whether this process's generation serves."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List, Optional, TypeVar

from ._errors import Disconnected, Error
from ._process import Connection, Process, current, log, patiently

_Serve = TypeVar("_Serve", bound=Callable[[], Any])
_Drains = TypeVar("_Drains", bound=Callable[["Drain"], Any])


def on_serve(function: _Serve) -> _Serve:
    """Calls function, in a thread of its own, when this generation gets new connections, and again when it does
    so after a drain that was cancelled, once it has returned. Without hotswap it is called once. May decorate."""
    _follower().add(True, function)
    return function


def on_drain(function: _Drains) -> _Drains:
    """Calls function with a Drain, in a thread of its own, when this generation gets no new connections. hotswap
    asks the process to end when function has returned, at the latest when --drain-timeout is over. Without hotswap it
    is never called. May decorate."""
    _follower().add(False, function)
    return function


class Drained:
    """drained of a Drain."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._is = False

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits until no connection has anything under way. Returns False if the timeout (seconds) is over, or if
        the drain was cancelled."""
        self._over.wait(timeout)
        return self._is


class Drain:
    """What on_drain's functions get: this generation gets no new connections. cancelled says that it serves again."""

    def __init__(self) -> None:
        self.drained = Drained()
        self.cancelled = False

    def _end(self, drained: bool) -> None:
        self.drained._is = self.drained._is or drained
        self.cancelled = not self.drained._is
        self.drained._over.set()


class _Function:
    """One of on_serve or on_drain."""

    def __init__(self, serves: bool, call: Callable[..., Any]) -> None:
        self.serves = serves
        self.call = call
        self.turn = 0  # in which it was called last
        self.runs = False


class _Follower:
    """Follows the place in a thread, and calls the functions in others.

    Functions of on_serve wait for the end of those of on_drain, but not the other way round, so that one of
    on_serve that does not return holds up nothing. No function runs twice at a time. hotswap is told when those of
    on_drain have ended.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lock = threading.RLock()  # guards what follows
        self._functions: List[_Function] = []
        self._drain: Optional[Drain] = None  # while it does not serve
        self._turn = 0  # counts up with each change between serving and not; 0: it starts
        self._newest = 0  # number of the newest event that has to be answered; 0: none
        self._exchange: Optional[Connection] = None
        threading.Thread(target=self._read, name="hotswap place", daemon=True).start()

    def add(self, serves: bool, call: Callable[..., Any]) -> None:
        with self._lock:
            self._functions.append(_Function(serves, call))
            self._advance()

    def _read(self) -> None:
        try:
            patiently(self._follow)
        except (Error, Disconnected) as error:
            log.error("whether this generation serves is not known any more: %s", error)

    def _follow(self) -> None:
        with self._process.exchange({"op": "place", "handles": True}) as exchange:
            with self._lock:
                self._exchange, self._newest = exchange, 0
            while True:
                event = exchange.receive()
                with self._lock:
                    self._take(event)
                    self._advance()

    def _take(self, event: Dict[str, Any]) -> None:
        if event["event"] == "drained":
            self._newest = event["seq"]
            if self._drain:
                self._drain._end(True)
        elif event["state"] != "starting":
            if self._turn == 0 or event["serving"] != (self._drain is None):
                self._turn += 1
                if self._drain:
                    self._drain._end(False)
                self._drain = None if event["serving"] else Drain()
            if self._drain:
                self._newest = event["seq"]

    def _advance(self) -> None:
        """Calls the functions that are due, and tells hotswap when those of on_drain have ended."""
        drain, drains = self._drain, any(f.runs for f in self._functions if not f.serves)
        if self._turn == 0 or drain is None and drains:
            return
        for function in self._functions:
            if function.serves == (drain is None) and function.turn != self._turn and not function.runs:
                function.turn, function.runs = self._turn, True
                threading.Thread(target=self._run, args=(function, drain), name="hotswap place", daemon=True).start()
        if drain and self._newest and self._exchange and not any(f.runs for f in self._functions if not f.serves):
            newest, self._newest = self._newest, 0
            try:
                self._exchange.send({"op": "done", "seq": newest})
            except Disconnected:
                pass  # the thread that reads opens another one, or ends

    def _run(self, function: _Function, drain: Optional[Drain]) -> None:
        try:
            function.call(*([drain] if drain else []))
        except Exception:
            log.exception("a function of on_serve or on_drain has failed")
        finally:
            with self._lock:
                function.runs = False
                self._advance()


def _follower() -> _Follower:
    process = current()
    with process.lock:
        if process.place is None:
            process.place = _Follower(process)
        place: _Follower = process.place
        return place
