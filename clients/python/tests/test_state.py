"""The suite of the module. It runs in memory, and below hotswap."""

import math
import os
import threading
import time
import unittest
import warnings
from datetime import datetime
from unittest import mock

import hotswap
from hotswap import _process

WITH_HOTSWAP = bool(os.environ.get("HOTSWAP_SOCKET"))
PATIENCE = 60


class Space:
    """The module's functions for keys that begin with a prefix."""

    def __init__(self, prefix):
        self.prefix = prefix

    def __getattr__(self, name):
        return lambda key, *args, **more: getattr(hotswap, name)(self.prefix + key, *args, **more)

    def list(self, prefix=""):
        return [key[len(self.prefix):] for key in hotswap.list(self.prefix + prefix)]


class Test(unittest.TestCase):
    def setUp(self):
        # Of each run and test, because the store outlives both.
        self.state = Space(f"{os.getpid()}.{time.monotonic_ns()}.{self.id()}/")

    def eventually(self, fact):
        end = time.monotonic() + PATIENCE
        while not fact():
            self.assertLess(time.monotonic(), end, "this took too long")
            time.sleep(0.001)

    def threads(self, n, run):
        """Runs run(i) in n threads and returns what they returned or raised."""
        out = [None] * n

        def one(i):
            try:
                out[i] = run(i)
            except BaseException as error:
                out[i] = error

        all = [threading.Thread(target=one, args=(i,)) for i in range(n)]
        for thread in all:
            thread.start()
        for thread in all:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive(), "a thread hangs")
        return out


class Values(Test):
    def test_round_trip(self):
        for value in [
            None, True, 0, -1, 2**70, 1.5, 1e300, "", "ä\n\u2028<&>\"\\", "𐍈", [], {}, [1, [2, {"a": None}]], {"": {"ü": [1.0]}},
            b"", b"\x00\xff" * 100,
        ]:  # fmt: skip
            self.state.set("v", value)
            got = self.state.get("v")
            self.assertEqual(got, value)
            self.assertIs(type(got), type(value))

    def test_refused(self):
        loop = []
        loop.append(loop)
        for value in [(1, 2), {"a": [1, {2, 3}]}, [(1,)], [datetime.now()], lambda: 1, {1: 2}, [b"x"], [math.inf], "\ud800", {"\ud800": 1}, loop]:
            for write in [
                lambda: self.state.set("v", value),
                lambda: self.state.define("v", lambda: value),
                lambda: self.state.update("v", lambda _: value),
            ]:
                with self.assertRaises(TypeError):
                    write()
        for key in (1, None, b"k", "", "\udc00"):
            with self.assertRaises(TypeError):
                hotswap.get(key)
        self.assertIsNone(self.state.get("v"))

    def test_copies(self):
        value = {"list": [1]}
        self.state.set("v", value)
        value["list"].append(2)
        self.state.get("v")["list"].append(3)
        self.assertEqual(self.state.get("v"), {"list": [1]})
        self.assertEqual(self.state.define("v", list), {"list": [1]})


class State(Test):
    def test_get_set_delete(self):
        self.assertIsNone(self.state.get("a"))
        self.assertEqual(self.state.get("a", 7), 7)
        self.state.set("a", None)
        self.assertIsNone(self.state.get("a", 7))
        self.assertTrue(self.state.delete("a"))
        self.assertFalse(self.state.delete("a"))

    def test_list(self):
        keys = [f"k{i:04}" for i in range(1500)]
        for key in keys:
            self.state.set(key, 1)
        self.state.set("other", 1)
        self.assertEqual(self.state.list("k"), keys)
        self.assertEqual(self.state.list(), keys + ["other"])
        self.assertEqual(self.state.list("none"), [])

    def test_increment(self):
        self.assertEqual(self.state.increment("n"), 1)
        self.assertEqual(self.state.increment("n", -3), -2)
        sums = self.threads(8, lambda _: [self.state.increment("m") for _ in range(50)])
        self.assertEqual(sorted(n for each in sums for n in each), [*range(1, 401)])
        self.state.set("t", "text")
        with self.assertRaises(hotswap.Error) as refused:
            self.state.increment("t")
        self.assertEqual(refused.exception.code, "type")
        self.state.set("big", 2**63 - 1)
        with self.assertRaises(hotswap.Error):
            self.state.increment("big")

    def test_update(self):
        self.assertEqual(self.state.update("u", lambda old: [old]), [None])
        self.assertEqual(self.state.update("d", lambda old: old + 1, default=5), 6)
        self.state.set("n", 0)
        self.threads(8, lambda _: [self.state.update("n", lambda n: n + 1) for _ in range(25)])
        self.assertEqual(self.state.get("n"), 200)

    def test_limits(self):
        self.state.set("v", "x" * ((1 << 20) - 2))
        self.state.set("b", b"x" * (1 << 20))
        for key, value in [("v", "x" * (1 << 20)), ("b", b"x" * ((1 << 20) + 1)), ("k" * 600, 1), ("v", "x" * (3 << 20))]:
            with self.assertRaises(hotswap.Error) as refused:
                self.state.set(key, value)
            self.assertEqual(refused.exception.code, "too-large")
        self.assertEqual(len(self.state.get("v")), (1 << 20) - 2)
        for value in ["x" * (1 << 20), "x" * (3 << 20)]:
            with self.assertRaises(hotswap.Error):
                self.state.define("d", lambda: value)
        self.assertEqual(self.state.define("d", lambda: 1), 1)

    def test_ttl(self):
        self.state.set("t", 1, ttl=0.02)
        self.assertEqual(self.state.define("d", lambda: 1, ttl=0.02), 1)
        self.state.set("stays", 1, ttl=0.02)
        self.state.set("stays", 2)
        self.eventually(lambda: self.state.list() == ["stays"])
        self.assertEqual(self.state.define("d", lambda: 2), 2)
        for ttl in (0, -1, math.nan):
            with self.assertRaises(ValueError):
                self.state.set("t", 1, ttl=ttl)



class Define(Test):
    def test_once(self):
        runs, entered = [], threading.Event()

        def initialize():
            runs.append(1)
            entered.set()
            time.sleep(0.02)  # the others come meanwhile, or later
            return {"n": len(runs)}

        self.assertEqual(self.threads(8, lambda _: self.state.define("k", initialize)), [{"n": 1}] * 8)
        self.assertEqual(len(runs), 1)

    def test_failure_is_its_callers(self):
        runs = []

        def initialize():
            runs.append(1)
            if len(runs) < 3:
                raise KeyError("no luck")
            return 5

        out = self.threads(8, lambda _: self.state.define("k", initialize))
        self.assertEqual(len([o for o in out if isinstance(o, KeyError)]), 2)
        self.assertEqual(out.count(5), 6)
        self.assertEqual(len(runs), 3)

    def test_set_meanwhile(self):
        def initialize():
            self.state.set("k", "set")
            return "initialized"

        self.assertEqual(self.state.define("k", initialize), "set")


class Lease(Test):
    def test_one_at_a_time(self):
        now, most, began = [], [], []
        ends = [threading.Event() for _ in range(3)]

        def job(i):
            def run(stop):
                now.append(i)
                most.append(len(now))
                began.append(i)
                ends[i].wait(PATIENCE)
                now.remove(i)

            return run

        for i in range(3):
            hotswap.lease(self.state.prefix + "job", job(i))
        for n in range(1, 4):
            self.eventually(lambda: len(began) == n)
            ends[began[-1]].set()
        self.eventually(lambda: not now)
        self.assertEqual(sorted(began), [0, 1, 2])
        self.assertEqual(max(most), 1)

    def test_finished_and_failed(self):
        runs = []
        pause = mock.patch.object(hotswap._process, "PAUSE", 0.001)
        pause.start()
        self.addCleanup(pause.stop)

        @hotswap.lease(self.state.prefix + "once")
        def once(stop):
            runs.append("once")

        def fails(stop):
            runs.append("fails")
            if runs.count("fails") == 1:
                raise ValueError("of the job")

        with self.assertLogs("hotswap"):
            hotswap.lease(self.state.prefix + "fails", fails)
            self.eventually(lambda: runs.count("fails") == 2)
        self.eventually(lambda: runs.count("once") == 1)
        again = threading.Event()
        hotswap.lease(self.state.prefix + "once", lambda stop: again.set())
        self.assertTrue(again.wait(PATIENCE))


class Place(Test):
    def test_serving(self):
        served = threading.Event()
        hotswap.on_serve(served.set)
        self.assertTrue(served.wait(PATIENCE))
        self.assertEqual(hotswap.generation, int(os.environ.get("HOTSWAP_GENERATION", 0)))


@unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
class Fork(Test):
    def child(self, run):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on, because of the threads
            pid = os.fork()
        return pid or self.runs(run)

    def runs(self, run):
        code = 1
        try:
            code = run() or 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)

    def ends(self, pid):
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_begins_anew(self):
        self.state.set("k", 1)

        def child():
            assert self.state.get("k") in ((1, 2) if WITH_HOTSWAP else (None,))
            self.state.set("k", 2)

        for _ in range(20):
            self.assertEqual(self.ends(self.child(child)), 0)
            self.assertEqual(self.state.get("k"), 2 if WITH_HOTSWAP else 1)

    def test_while_others_ask(self):
        end = threading.Event()

        def ask():
            while not end.is_set():
                self.state.increment("n")

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(30):
                self.assertEqual(self.ends(self.child(lambda: self.state.increment("m") and None)), 0)
        finally:
            end.set()
            for thread in threads:
                thread.join()



class Import(unittest.TestCase):
    def test_has_no_effect(self):
        import subprocess
        import sys

        script = (
            "import threading, os\n"
            "fds = sorted(os.listdir('/proc/self/fd')) if os.path.exists('/proc/self/fd') else []\n"
            "import hotswap\n"
            "assert threading.active_count() == 1\n"
            "assert not fds or sorted(os.listdir('/proc/self/fd')) == fds\n"
            "os.environ['HOTSWAP_GENERATION'] = '7'\n"
            "assert hotswap.generation == 7\n"
        )
        subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


if __name__ == "__main__":
    unittest.main()
