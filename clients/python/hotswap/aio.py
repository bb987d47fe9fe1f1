"""The functions of hotswap for asyncio. Functions that are passed may be coroutine functions; they run in the
event loop that was running when they were passed."""

from __future__ import annotations

import asyncio
import inspect
import threading
import weakref
from concurrent import futures
from contextvars import copy_context
from typing import Any, Callable, List, MutableMapping, Optional, Tuple

import hotswap
from ._errors import Cancelled
from ._lease import Lease
from ._place import Drain, follower
from ._state import Change, State, refuse_nested, running

_locks: MutableMapping[Tuple[Any, str], asyncio.Lock] = weakref.WeakValueDictionary()


class AsyncState:
    """The coroutines of a State."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def define(self, key: str, initializer: Callable[[], Any], ttl: Optional[float] = None) -> Any:
        name = self._state._key(key)
        refuse_nested(name)
        async with _lock(name):  # the tasks of this loop that wait need one thread
            return await _thread(self._state.define, key, _sync(initializer), ttl)

    async def get(self, key: str, default: Any = None) -> Any:
        return await asyncio.to_thread(self._state.get, key, default)

    async def set(self, key: str, value: Any, ttl: Optional[float] = None) -> None:
        await asyncio.to_thread(self._state.set, key, value, ttl)

    async def update(self, key: str, change: Callable[[Any], Any], default: Any = None, ttl: Optional[float] = None) -> Any:
        return await _thread(self._state.update, key, _sync(change), default, ttl)

    async def increment(self, key: str, by: int = 1) -> int:
        return await asyncio.to_thread(self._state.increment, key, by)

    async def delete(self, key: str) -> bool:
        return await asyncio.to_thread(self._state.delete, key)

    async def list(self, prefix: str = "") -> List[str]:
        return await asyncio.to_thread(self._state.list, prefix)

    async def watch(
        self, callback: Callable[[Change], Any], *, key: Optional[str] = None, prefix: Optional[str] = None
    ) -> Callable[[], None]:
        call = _told(callback)
        return await asyncio.to_thread(lambda: self._state.watch(call, key=key, prefix=prefix))

    def namespace(self, name: str) -> AsyncState:
        return AsyncState(self._state.namespace(name))

    async def local(self, key: str, initializer: Callable[[], Any]) -> Any:
        name = "local " + self._state._key(key)
        refuse_nested(name)
        async with _lock(name):
            return await _thread(self._state.local, key, _sync(initializer))


class AsyncDrained:
    def __init__(self, drain: Drain) -> None:
        self._drain = drain

    async def wait(self, timeout: Optional[float] = None) -> bool:
        return bool(await _thread(self._drain.drained.wait, timeout))

    def is_set(self) -> bool:
        return self._drain.drained.is_set()


class AsyncDrain:
    """A Drain whose drained.wait is a coroutine."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        self.drained = AsyncDrained(drain)

    @property
    def deadline(self) -> Optional[float]:
        return self._drain.deadline

    @property
    def cancelled(self) -> bool:
        return self._drain.cancelled


_root = AsyncState(hotswap._root)
define = _root.define
get = _root.get
set = _root.set
update = _root.update
increment = _root.increment
delete = _root.delete
list = _root.list
watch = _root.watch
namespace = _root.namespace
local = _root.local


async def on_serve(function: Callable[[], Any]) -> None:
    call = _told(function)
    await asyncio.to_thread(lambda: follower().add(True, call))


async def on_drain(function: Callable[[AsyncDrain], Any]) -> None:
    call = _told(function)
    await asyncio.to_thread(lambda: follower().add(False, lambda drain: call(AsyncDrain(drain))))


async def lease(name: str, function: Callable[[asyncio.Event], Any]) -> Lease:
    """Runs function(stop: asyncio.Event) in the event loop while this process has the lease."""
    loop = asyncio.get_running_loop()

    def job(stop: threading.Event) -> None:
        async def work() -> None:
            event = asyncio.Event()
            told = asyncio.ensure_future(_thread(stop.wait))
            told.add_done_callback(lambda _: event.set())
            try:
                await _await(function(event))
            finally:
                stop.set()  # ends the thread that waits for it

        if not loop.is_closed():
            try:
                asyncio.run_coroutine_threadsafe(work(), loop).result()
            except futures.CancelledError as error:
                raise Cancelled from error

    return await asyncio.to_thread(Lease, name, job)


async def serving() -> bool:
    return await asyncio.to_thread(hotswap.serving)


async def ready() -> None:
    await asyncio.to_thread(hotswap.ready)


async def extend(seconds: float) -> None:
    await asyncio.to_thread(hotswap.extend, seconds)


async def status(text: str) -> None:
    await asyncio.to_thread(hotswap.status, text)


def _sync(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that has function run in this event loop, and waits for it."""
    if not callable(function):
        raise TypeError(f"a function, not {function!r}")
    loop = asyncio.get_running_loop()

    def call(*arguments: Any) -> Any:
        async def work() -> Any:
            return await _await(function(*arguments))

        return asyncio.run_coroutine_threadsafe(work(), loop).result()

    return call


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Is _sync for a function that has no caller who gets its outcome."""
    call = _sync(function)

    def told(*arguments: Any) -> None:
        try:
            call(*arguments)
        except futures.CancelledError as error:
            raise Cancelled from error

    return told


async def _await(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def _lock(name: str) -> asyncio.Lock:
    return _locks.setdefault((asyncio.get_running_loop(), name), asyncio.Lock())


async def _thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs function in a thread of its own, because it may wait for what other tasks do: all threads of the
    executor could wait so."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    context = copy_context()

    def end(result: Any, error: Optional[BaseException]) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def run() -> None:
        result, failure = None, None
        try:
            result = context.run(function, *arguments)
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(end, result, failure)
        except RuntimeError:
            pass  # the loop is closed

    threading.Thread(target=run, name="hotswap", daemon=True).start()
    return await future
