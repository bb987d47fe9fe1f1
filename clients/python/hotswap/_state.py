from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, TypeVar

from . import _values
from ._errors import Cancelled, Disconnected, Error
from ._process import current, log

T = TypeVar("T")
Keys = List[str]

running: ContextVar[FrozenSet[str]] = ContextVar("hotswap_running", default=frozenset())


class Change(NamedTuple):
    """What a watch calls its callback with."""

    key: str
    value: Any  # None if the key was deleted
    version: int
    deleted: bool


class State:
    """Keys and values that outlive the process, and that all processes of all generations share.

    A value is JSON (dict with strings as keys, list, str, int, float, bool, None) or bytes. Everything else is
    refused with a TypeError. What is returned is a copy: to change a value, set it.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def _key(self, key: str) -> str:
        if not isinstance(key, str):
            raise TypeError(f"key: a string, not {key!r}")
        return _values.text(self._prefix + key, "key")

    def define(self, key: str, initializer: Callable[[], Any], ttl: Optional[float] = None) -> Any:
        """Returns the value of key. If there is none, one process runs the initializer and all others wait for it.

        If the initializer raises an exception, its caller gets that, and the next one that waits runs its own.
        ttl is in seconds; afterwards the key does not exist.
        """
        if not callable(initializer):
            raise TypeError(f"initializer: a function that returns the value, not {initializer!r}")
        key = self._key(key)
        refuse_nested(key)
        with current().exchange({"op": "define", "key": key, **_ttl(ttl)}) as exchange:
            answer = exchange.receive()
            if not answer.get("run"):
                return _values.decode(answer)
            token = running.set(running.get() | {key})
            try:
                exchange.send({"op": "defined", **_values.encode(initializer())})
            except BaseException as error:
                text = f"{type(error).__name__}: {error}"[:1000]
                exchange.send({"op": "failed", "error": text.encode(errors="replace").decode()})  # a file's name may have surrogates
                try:
                    exchange.receive()
                except Error:
                    pass  # that it failed
                failure: Optional[BaseException] = error
            else:
                failure = None
                answer = exchange.receive()
            finally:
                running.reset(token)
        if failure is not None:
            raise failure
        return _values.decode(answer)

    def get(self, key: str, default: Any = None) -> Any:
        answer = current().ask({"op": "get", "key": self._key(key)})
        return default if answer.get("missing") else _values.decode(answer)

    def set(self, key: str, value: Any, ttl: Optional[float] = None) -> None:
        """Sets key. Without ttl (seconds) it has no end, also if it had one before."""
        current().ask({"op": "set", "key": self._key(key), **_values.encode(value), **_ttl(ttl)})

    def update(self, key: str, change: Callable[[Any], Any], default: Any = None, ttl: Optional[float] = None) -> Any:
        """Sets key to change(value), and returns that. If another process sets key meanwhile, change is called
        again with the new value. If there is no value, change gets the default."""
        key = self._key(key)
        while True:
            answer = current().ask({"op": "get", "key": key})
            value = change(default if answer.get("missing") else _values.decode(answer))
            request = {"op": "set", "key": key, "ifVersion": answer.get("version", 0), **_values.encode(value), **_ttl(ttl)}
            try:
                current().ask(request)
                return value
            except Error as error:
                if error.code != "version":
                    raise

    def increment(self, key: str, by: int = 1) -> int:
        """Adds to an integer of 64 bits, which is 0 if key does not exist, and returns the sum."""
        if type(by) is not int:
            raise TypeError(f"by: an int, not {by!r}")
        value: int = current().ask({"op": "add", "key": self._key(key), "by": by})["value"]
        return value

    def delete(self, key: str) -> bool:
        """Deletes key; returns whether there was one."""
        return bool(current().ask({"op": "delete", "key": self._key(key)})["deleted"])

    def list(self, prefix: str = "") -> Keys:
        """Returns the keys that begin with prefix, sorted."""
        keys: Keys = []
        more, prefix, after = True, self._key(prefix), ""
        while more:
            answer = current().ask({"op": "list", "prefix": prefix, "after": after})
            keys += [item["key"][len(self._prefix):] for item in answer["items"]]
            more = bool(answer.get("more"))
            after = answer["items"][-1]["key"] if more else ""
        return keys

    def watch(self, callback: Callable[[Change], Any], *, key: Optional[str] = None, prefix: Optional[str] = None) -> Callable[[], None]:
        """Calls callback in a thread of its own, one call at a time: for each key that exists, and for each change
        from then on. While a call takes its time, of several values only the newest remains. Returns a function
        that ends the watch."""
        if (key is None) == (prefix is None):
            raise TypeError("watch: give either key or prefix")
        if key is not None:
            what = {"key": self._key(key)}
        else:
            what = {"prefix": self._key(prefix or "")}
        watch = _Watch(callback, len(self._prefix))
        watch.start({"op": "watch", **what})
        return watch.stop

    def namespace(self, name: str) -> State:
        """Returns the state whose keys begin with "name/" in this one. Two versions of a program that do not
        understand each other's values use two."""
        return State(self._key(name) + "/")

    def local(self, key: str, initializer: Callable[[], T]) -> T:
        """Returns what initializer returned when this process first asked for key: for what cannot travel, such as
        pools and functions. A forked child runs its own."""
        if not callable(initializer):
            raise TypeError(f"initializer: a function that returns the value, not {initializer!r}")
        key = self._key(key)
        process = current()
        with process.lock:
            lock = process.local_locks.setdefault(key, threading.RLock())
        with lock:
            if key not in process.locals:
                refuse_nested("local " + key)
                token = running.set(running.get() | {"local " + key})
                try:
                    process.locals[key] = initializer()
                finally:
                    running.reset(token)
            value: T = process.locals[key]
            return value


class _Watch:
    def __init__(self, callback: Callable[[Change], Any], strip: int) -> None:
        self._callback = callback
        self._strip = strip
        self._stopped = False
        self._ready = threading.Event()
        self._exchange: Optional[Any] = None
        self._failure: Optional[BaseException] = None

    def start(self, request: Dict[str, Any]) -> None:
        threading.Thread(target=self._run, args=(request,), name="hotswap watch", daemon=True).start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stopped = True
        if self._exchange is not None:
            self._exchange.cancel()

    def _run(self, request: Dict[str, Any]) -> None:
        try:
            with current().exchange(request) as exchange:
                self._exchange = exchange
                first = exchange.receive()  # an error, or it is accepted
                self._ready.set()
                while not self._stopped:
                    self._tell(first)
                    first = exchange.receive()
                while True:
                    exchange.receive()
        except Error as error:
            if error.code != "canceled":
                self._fail(error)
        except Disconnected as error:
            if not self._stopped:
                self._fail(error)
        finally:
            self._ready.set()

    def _fail(self, error: BaseException) -> None:
        if self._ready.is_set():
            log.error("a watch has ended: %s", error)
        self._failure = error

    def _tell(self, event: Dict[str, Any]) -> None:
        if event["event"] not in ("set", "delete"):
            return
        deleted = event["event"] == "delete"
        value = None if deleted else _values.decode(event)
        try:
            self._callback(Change(event["key"][self._strip:], value, event["version"], deleted))
        except Cancelled:
            pass
        except Exception:
            log.exception("the callback of a watch has failed")


def refuse_nested(key: str) -> None:
    if key in running.get():
        raise RuntimeError(f"{key}: its initializer asks for the key itself")


def _ttl(seconds: Optional[float]) -> Dict[str, int]:
    if seconds is None:
        return {}
    if not 0 < seconds < 1e10:
        raise ValueError(f"ttl: seconds, more than 0, not {seconds!r}")
    return {"ttlMs": max(1, round(seconds * 1000))}
