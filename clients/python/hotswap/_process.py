"""What belongs to one process. A forked child begins anew: with connections of its own and nothing registered."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Optional
from contextlib import contextmanager

from ._errors import Disconnected, Error, Unreachable
from ._memory import Memory
from ._wire import Connection

log = logging.getLogger("hotswap")

PAUSE = 1.0  # seconds before what has failed is tried again

_MAX_IDLE = 8  # connections that wait for their next request


class Process:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.socket = os.environ.get("HOTSWAP_SOCKET", "")
        self.generation = int(os.environ.get("HOTSWAP_GENERATION", "0") or 0)
        self.lock = threading.RLock()  # guards what follows
        self.place: Optional[Any] = None  # the thread that follows the place of this generation
        if not self.socket:
            self.exchange = Memory().exchange  # type: ignore[method-assign]
        self._idle: List[Connection] = []
        self._open: List[Connection] = []

    @contextmanager
    def exchange(self, message: Dict[str, Any]) -> Iterator[Connection]:
        """Opens a request. Each has its own connection, so that no thread waits for another's answer."""
        connection = self._take()
        try:
            connection.begin(message)
            yield connection
        except Error:  # an answer leaves the connection usable
            self._give(connection)
            raise
        except BaseException:  # such as KeyboardInterrupt: an answer may still come
            self._end(connection)
            raise
        self._give(connection)

    def ask(
        self, message: Dict[str, Any], then: Callable[..., Any] = lambda _, answer: answer, again: bool = True
    ) -> Any:
        """Sends a request, and returns what then makes of the first answer. If the connection ends before that, it is
        sent once more: a hotswap that replaces itself has not done what it has not answered."""
        answer = None
        try:
            with self.exchange(message) as exchange:
                answer = exchange.receive()
                return then(exchange, answer)
        except Disconnected as error:
            if answer or not again or type(error) is Unreachable:
                raise
        with self.lock:
            idle, self._idle = self._idle, []
        for connection in idle:  # they have ended, too
            self._end(connection)
        return self.ask(message, then, False)

    def _take(self) -> Connection:
        with self.lock:
            while self._idle:
                idle = self._idle.pop()
                if idle.rests():
                    return idle
                self._end(idle)
        connection = Connection(self.socket)
        with self.lock:
            self._open.append(connection)
        return connection

    def _give(self, connection: Connection) -> None:
        with self.lock:
            if len(self._idle) < _MAX_IDLE:
                self._idle.append(connection)
                return
        self._end(connection)

    def _end(self, connection: Connection) -> None:
        with self.lock:
            self._open.remove(connection)
        connection.close()

    def leave(self) -> None:
        """Closes a forked child's copies of its parent's connections. No lock is taken: a thread that is
        not in the child may have it."""
        for connection in self._open:
            connection.drop()


_current: Optional[Process] = None
_making: Dict[int, threading.Lock] = {}  # by process: a thread that is not in a forked child may have the parent's


def current() -> Process:
    global _current
    process, pid = _current, os.getpid()
    if process is None or process.pid != pid:
        with _making.setdefault(pid, threading.Lock()):
            process = _current
            if process is None or process.pid != pid:
                if process is not None:  # the parent's: this is a forked child
                    process.leave()
                process = _current = Process()
    return process


def patiently(run: Callable[[], None]) -> None:
    """Calls run, and again after a pause if hotswap has no room for a connection or the connection has ended.
    Raises only what another attempt does not help against."""
    while True:
        try:
            return run()
        except (Disconnected, Error) as error:
            if isinstance(error, Unreachable) or isinstance(error, Error) and error.code != "full":
                raise
            log.warning("%s: trying again in %g s", error, PAUSE)
        time.sleep(PAUSE)
