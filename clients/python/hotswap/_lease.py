from __future__ import annotations

import random
import threading
from typing import Any, Callable, Dict, Optional

from . import _process
from ._errors import Disconnected, Error
from ._process import Exchange, current, log, patiently
from ._values import checked


def lease(name: str, function: Optional[Callable[[threading.Event], Any]] = None) -> Any:
    """Calls function in a thread of its own while this process has the lease, which one process of one generation
    has at a time. function gets a threading.Event; when that is set, it returns, and another process begins. It
    is called again if this process gets the lease again, and one second after it has raised an exception. If it
    returns without having been asked to, the lease is over. May decorate: @hotswap.lease("cron")."""
    if function is not None:
        return Lease(name, function)

    def decorate(function: Callable[[threading.Event], Any]) -> Any:
        Lease(name, function)
        return function

    return decorate


class Lease:
    """A job that runs in one process of one generation at a time."""

    def __init__(self, name: str, job: Callable[[threading.Event], Any]) -> None:
        self.name = checked(name)
        self._job = job
        self._process = current()
        self._stopped = threading.Event()
        self._claim = random.getrandbits(52) + 1  # what hotswap knows the lease by
        self._parted = False  # a connection has ended, and hotswap may not know that nothing runs under the claim
        self._lock = threading.Lock()  # guards what follows
        self._waiting: Optional[Exchange] = None
        self._stop: Optional[threading.Event] = None  # of the job that runs
        self._thread = threading.Thread(target=self._run, name=f"hotswap lease {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the job, gives the lease back and does not ask for it again."""
        with self._lock:
            self._stopped.set()
            if self._stop:
                self._stop.set()
            elif self._waiting:
                self._waiting.cancel()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                again = patiently(self._once, self._stopped)
                if again is None:
                    break
                self._stopped.wait(again)
            self._free()
        except Disconnected as error:
            log.error("the lease %s is lost: %s", self.name, error)
        except Error as error:
            if error.code != "canceled":
                log.error("the lease %s: %s", self.name, error)

    def _once(self) -> Optional[float]:
        """Holds the lease once. Returns after how many seconds to ask for it again; None: the job is finished."""
        message: Dict[str, Any] = {"op": "lease", "name": self.name, "claim": self._claim}
        if self._parted:
            message["ended"] = self._claim
        # If the connection alone ends, hotswap keeps the lease for this process, whose job may still run.
        self._again: Optional[float] = 0.0
        try:
            with self._process.exchange(message) as exchange:
                self._parted = True
                self._hold(exchange)
                self._parted = False
        except Error:
            self._parted = False
            raise
        except Disconnected:
            if self._again is not None:
                raise
        return self._again

    def _hold(self, exchange: Exchange) -> None:
        with self._lock:
            self._waiting = exchange
            if self._stopped.is_set():
                exchange.cancel()
        answer = exchange.receive()
        stop, ends = threading.Event(), threading.Event()  # the job may set stop for its own purposes
        with self._lock:
            if self._stopped.is_set():  # the lease was granted just before it was cancelled
                self._again = None
                return
            self._waiting, self._stop = None, stop
        worker = threading.Thread(target=self._work, args=(exchange, stop, ends), name=f"hotswap {self.name}", daemon=True)
        worker.start()
        try:
            while not answer.get("released"):
                answer = exchange.receive()
                if answer.get("event") == "revoke":
                    ends.set()
                    stop.set()
        finally:
            ends.set()
            stop.set()
            worker.join()

    def _work(self, exchange: Exchange, stop: threading.Event, ends: threading.Event) -> None:
        try:
            self._job(stop)
            if not ends.is_set():
                self._again = None
        except Exception:
            log.exception("the job of the lease %s has failed", self.name)
            self._again = _process.PAUSE
        with self._lock:
            self._stop = None
        try:
            exchange.send({"op": "release"})
        except Disconnected:
            pass

    def _free(self) -> None:
        """Tells hotswap that nothing runs under the claim, if it may not know that."""
        if not self._parted:
            return
        try:
            with self._process.exchange({"op": "lease", "name": self.name, "ended": self._claim}) as exchange:
                exchange.cancel()
                while True:
                    exchange.receive()  # until it is cancelled
        except (Disconnected, Error):
            pass
