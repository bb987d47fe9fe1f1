from __future__ import annotations

import random
import threading
from typing import Any, Callable, Dict, List, Optional, TypeVar, Union, overload

from . import _process
from ._errors import Disconnected, Error
from ._process import Exchange, current, log, patiently
from ._values import checked

_Job = TypeVar("_Job", bound=Callable[[threading.Event], Any])


@overload
def lease(name: str) -> Callable[[_Job], _Job]: ...
@overload
def lease(name: str, function: Callable[[threading.Event], Any]) -> Lease: ...
def lease(name: str, function: Optional[Callable[[threading.Event], Any]] = None) -> Union[Lease, Callable[[_Job], _Job]]:
    """Calls function in a thread of its own while this process has the lease, which one process of one generation
    has at a time. function gets a threading.Event; when that is set, it returns, and another process begins. It
    is called again if this process gets the lease again, and one second after it has raised an exception. If it
    returns without having been asked to, the lease is over. May decorate: @hotswap.lease("cron")."""
    if function is not None:
        return Lease(name, function)

    def decorate(function: _Job) -> _Job:
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
        finished = threading.Event()
        try:
            return self._hold(finished)
        except Disconnected:
            if finished.is_set():
                return None
            raise

    def _hold(self, finished: threading.Event) -> Optional[float]:
        message: Dict[str, Any] = {"op": "lease", "name": self.name, "claim": self._claim}
        if self._parted:
            message["ended"] = self._claim
        # If the connection alone ends, hotswap keeps the lease for this process, whose job may still run.
        with self._process.exchange(message) as exchange:
            self._parted = True
            with self._lock:
                self._waiting = exchange
                if self._stopped.is_set():
                    exchange.cancel()
            try:
                answer = exchange.receive()
            except Error:
                self._parted = False
                raise
            stop = threading.Event()
            with self._lock:
                if self._stopped.is_set():  # the lease was granted just before it was cancelled
                    self._parted = False
                    return None
                self._waiting, self._stop = None, stop
            ends = threading.Event()  # the job may set stop for its own purposes
            outcome: List[Optional[float]] = [None]

            def work() -> None:
                try:
                    self._job(stop)
                    if ends.is_set():
                        outcome[0] = 0.0
                    else:
                        finished.set()
                except Exception:
                    log.exception("the job of the lease %s has failed", self.name)
                    outcome[0] = _process.PAUSE
                finally:
                    with self._lock:
                        self._stop = None
                    try:
                        exchange.send({"op": "release"})
                    except Disconnected:
                        pass

            worker = threading.Thread(target=work, name=f"hotswap {self.name}", daemon=True)
            worker.start()
            try:
                while not answer.get("released"):
                    answer = exchange.receive()
                    if answer.get("event") == "revoke":
                        ends.set()
                        stop.set()
                self._parted = False
            except Disconnected:
                ends.set()
                raise
            finally:
                stop.set()
                worker.join()
        return outcome[0]

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
