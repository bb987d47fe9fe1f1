"""State that outlives the process, leases, and a program that knows whether it serves.

Below hotswap (HOTSWAP_SOCKET) all processes of all generations share the state. Without hotswap the same
functions work in the memory of this process. Importing this module does nothing; the first use opens a
connection. Every function may be called from any thread, and hotswap.aio has the same for asyncio. A forked
child has connections of its own, and what was registered before the fork (watches, leases, on_serve, on_drain)
stays with its parent.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, TypeVar, Union, overload
import threading

from ._errors import Disconnected, Error
from ._lease import Lease
from ._place import Drain, follower, serving
from ._process import current
from ._state import Change, State

__all__ = [
    "Change", "Disconnected", "Drain", "Error", "Lease", "State",
    "define", "delete", "extend", "generation", "get", "increment", "lease", "list", "local", "namespace",
    "on_drain", "on_serve", "ready", "serving", "set", "status", "update", "watch",
]  # fmt: skip

generation: int  # of this process, by its environment; 0 without hotswap

_root = State()
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

_Serve = TypeVar("_Serve", bound=Callable[[], Any])
_Drains = TypeVar("_Drains", bound=Callable[[Drain], Any])
_Job = TypeVar("_Job", bound=Callable[[threading.Event], Any])


def on_serve(function: _Serve) -> _Serve:
    """Calls function, in a thread of its own, when this generation gets new connections, and again when it does
    so after a drain that was cancelled, once it has returned. Without hotswap it is called once. May decorate."""
    follower().add(True, function)
    return function


def on_drain(function: _Drains) -> _Drains:
    """Calls function with a Drain, in a thread of its own, when this generation gets no new connections. hotswap
    asks the process to end when function has returned, at the latest at the Drain's deadline. Without hotswap it
    is never called. May decorate."""
    follower().add(False, function)
    return function


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


def ready() -> None:
    """Says that this generation can serve, for --ready notify."""
    current().ask({"op": "ready"})


def extend(seconds: float) -> None:
    """Asks for so many seconds from now to become ready."""
    current().ask({"op": "extend", "ms": max(1, round(seconds * 1000))})


def status(text: str) -> None:
    """Has hotswap print a text on what this process does, with -v."""
    current().ask({"op": "status", "text": text})


def __getattr__(name: str) -> Any:
    if name == "generation":  # read when it is asked for: a standby imports modules ahead
        return current().generation
    raise AttributeError(f"module 'hotswap' has no attribute {name!r}")
