from __future__ import annotations

import random
import threading
import time
from typing import Any, Callable, Optional

from . import _process
from ._errors import Disconnected, Error
from ._process import Connection, current, log, patiently
from ._values import checked

Job = Callable[[threading.Event], Any]


def lease(name: str, function: Optional[Job] = None) -> Any:
    """Calls function in a thread of its own while this process has the lease, which one process of one generation
    has at a time. function gets a threading.Event; when that is set, it returns, and another process begins. It
    is called again if this process gets the lease again, and one second after it has raised an exception. If it
    returns without having been asked to, the lease is over. May decorate: @hotswap.lease("cron")."""
    if function is None:
        return lambda function: lease(name, function)
    job = _Lease(checked(name), function)
    threading.Thread(target=job.run, name=f"hotswap lease {name}", daemon=True).start()
    return function


class _Lease:
    """A job that runs in one process of one generation at a time."""

    def __init__(self, name: str, job: Job) -> None:
        self._name = name
        self._job = job
        self._process = current()
        self._request = {"op": "lease", "name": self._name, "claim": random.getrandbits(52) + 1}
        self._parted = False  # a connection has ended, and hotswap may not know that nothing runs under the claim
        # after how many seconds to ask for the lease again; None: the job is finished
        self._again: Optional[float] = 0.0

    def run(self) -> None:
        try:
            while self._again is not None:
                time.sleep(self._again)
                patiently(self._once)
            self._free()
        except (Disconnected, Error) as error:
            log.error("the lease %s is lost: %s", self._name, error)

    def _once(self) -> None:
        """Holds the lease once."""
        # If the connection alone ends, hotswap keeps the lease for this process, whose job may still run, until it asks again.
        self._again = 0.0
        try:
            with self._process.exchange(self._request) as exchange:
                self._parted = True
                self._hold(exchange)
                self._parted = False
        except Error:
            self._parted = False
            raise
        except Disconnected:
            if self._again is not None:
                raise

    def _hold(self, exchange: Connection) -> None:
        answer = exchange.receive()
        stop, ends = threading.Event(), threading.Event()  # the job may set stop for its own purposes
        worker = threading.Thread(
            target=self._work, args=(exchange, stop, ends), name=f"hotswap {self._name}", daemon=True
        )
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

    def _work(self, exchange: Connection, stop: threading.Event, ends: threading.Event) -> None:
        try:
            self._job(stop)
            if not ends.is_set():
                self._again = None
        except BaseException:  # sys.exit() ends no more than this thread
            log.exception("the job of the lease %s has failed", self._name)
            self._again = _process.PAUSE
        try:
            exchange.send({"op": "release"})
        except Disconnected:
            pass

    def _free(self) -> None:
        """Tells hotswap that nothing runs under the claim, if it may not know that."""
        if not self._parted:
            return
        try:
            with self._process.exchange(self._request) as exchange:
                exchange.send({"op": "cancel"})
                while True:
                    exchange.receive()  # until an error says that it is canceled
        except (Disconnected, Error):
            pass
