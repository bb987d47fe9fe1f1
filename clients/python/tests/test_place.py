"""What the module does when hotswap speaks: a test is hotswap, one line at a time."""

import json
import os
import socket
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import hotswap
from hotswap import _process, _wire

PATIENCE = 60


class Hotswap:
    """The other side of one open request."""

    def __init__(self, listener):
        self.listener = listener

    def accept(self, op):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        self.connection, self.lines = connection, connection.makefile("rb")
        assert self.read()["op"] == "hello"
        self.say(id=1, version=1, generation=3)
        return self.expect(op)

    def refuse(self, code):
        connection, _ = self.listener.accept()
        with connection:
            connection.sendall(json.dumps({"error": "no", "code": code}).encode() + b"\n")

    def read(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def expect(self, op):
        message = self.read()
        assert message and message["op"] == op, message
        self.id = message["id"]
        return message

    def say(self, **message):
        self.connection.sendall(json.dumps({"id": getattr(self, "id", 1), **message}).encode() + b"\n")

    def place(self, seq, state):
        self.say(event="place", seq=seq, state=state, serving=state == "serving")

    def close(self):
        self.lines.close()
        self.connection.close()


class WithFake(unittest.TestCase):
    def setUp(self):
        before = threading.enumerate()
        self.addCleanup(lambda: [t.join(PATIENCE) for t in threading.enumerate() if t not in before])  # they log
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.settimeout(PATIENCE)
        listener.bind(folder.name + "/s")
        listener.listen()
        self.hotswap = Hotswap(listener)
        self.addCleanup(self.hotswap.close)
        for patch in (mock.patch.dict(os.environ, HOTSWAP_SOCKET=folder.name + "/s"), mock.patch.object(_process, "_current", None), mock.patch.object(_process, "PAUSE", 0.001)):
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(lambda: _process.current().leave())


class Place(WithFake):
    def follow(self):
        self.calls = []
        self.called = threading.Condition()

        @hotswap.on_serve
        def serve():
            self.note("serve")

        self.assertEqual(self.hotswap.accept("place")["handles"], True)
        self.hotswap.place(1, "starting")

    def note(self, *what):
        with self.called:
            self.calls.append(what if len(what) > 1 else what[0])
            self.called.notify_all()

    def expect(self, *calls):
        with self.called:
            self.assertTrue(self.called.wait_for(lambda: len(self.calls) >= len(calls), PATIENCE), self.calls)
            self.assertEqual(self.calls, list(calls))
            self.calls.clear()

    def test_there_and_back(self):
        self.follow()
        go = threading.Event()

        @hotswap.on_drain
        def drain(drain):
            self.note("drain")
            drained = drain.drained.wait(PATIENCE)
            go.wait(PATIENCE)
            self.note("end", drained, drain.cancelled)

        self.hotswap.place(2, "serving")
        self.expect("serve")
        self.hotswap.place(3, "held")
        self.expect("drain")
        self.hotswap.place(4, "serving")  # a rollback: on_serve waits for the end of on_drain
        time.sleep(0.01)
        self.expect()
        go.set()
        self.expect(("end", False, True), "serve")
        self.hotswap.place(5, "held")
        self.expect("drain")
        go.clear()
        self.hotswap.place(6, "draining")
        self.hotswap.say(event="drained", seq=7)
        self.hotswap.connection.settimeout(0.05)  # it is not done while the function runs
        with self.assertRaises(socket.timeout):
            self.hotswap.connection.recv(1, socket.MSG_PEEK)
        self.hotswap.connection.settimeout(PATIENCE)
        go.set()
        self.expect(("end", True, False))
        self.assertEqual(self.hotswap.expect("done")["seq"], 7)

    def test_each_event_is_answered(self):
        self.follow()
        for seq, state in ((2, "held"), (3, "draining")):
            self.hotswap.place(seq, state)
            self.assertEqual(self.hotswap.expect("done")["seq"], seq)
        self.hotswap.say(event="drained", seq=4)
        self.assertEqual(self.hotswap.expect("done")["seq"], 4)
        late = threading.Event()
        hotswap.on_drain(lambda drain: late.set() if drain.drained.wait(PATIENCE) else None)
        self.assertTrue(late.wait(PATIENCE))

    def test_on_serve_that_does_not_return(self):
        self.follow()
        go = threading.Event()

        @hotswap.on_serve
        def stays():
            self.note("stays")
            go.wait(PATIENCE)

        self.addCleanup(go.set)
        hotswap.on_drain(lambda drain: self.note("drain"))
        self.hotswap.place(2, "serving")
        with self.called:
            self.assertTrue(self.called.wait_for(lambda: len(self.calls) == 2, PATIENCE))
            self.calls.clear()
        self.hotswap.place(3, "held")
        self.expect("drain")
        self.assertEqual(self.hotswap.expect("done")["seq"], 3)
        self.hotswap.place(4, "serving")  # stays is not called a second time
        self.expect("serve")
        self.hotswap.place(5, "draining")
        self.expect("drain")
        self.assertEqual(self.hotswap.expect("done")["seq"], 5)

    def test_full(self):
        self.calls, self.called = [], threading.Condition()
        with self.assertLogs("hotswap"):
            hotswap.on_serve(lambda: self.note("serve"))
            self.hotswap.refuse("full")
            self.hotswap.accept("place")
        self.hotswap.place(1, "serving")
        self.expect("serve")
        self.hotswap.place(2, "draining")
        self.assertEqual(self.hotswap.expect("done")["seq"], 2)
        with self.assertLogs("hotswap"):
            self.hotswap.close()  # the connection is lost, and hotswap is there
            self.hotswap.accept("place")
        self.hotswap.place(2, "draining")
        self.assertEqual(self.hotswap.expect("done")["seq"], 2)
        self.expect()

    def test_the_end(self):
        with self.assertLogs("hotswap") as logged:
            self.follow()
            self.hotswap.listener.close()
            self.hotswap.close()
            end = time.monotonic() + PATIENCE
            while len(logged.output) < 2 and time.monotonic() < end:
                time.sleep(0.001)
        self.assertIn("not known any more", logged.output[1])
        with self.assertRaisesRegex(hotswap.Disconnected, "cannot be reached"):
            hotswap.get("k")



class Lease(WithFake):
    def test_handed_over(self):
        began, may_end = threading.Semaphore(0), threading.Event()

        def job(stop):
            began.release()
            stop.wait(PATIENCE)
            may_end.wait(PATIENCE)
            sys.exit()  # which ends the thread alone

        hotswap.lease("cron", job)
        self.assertEqual(self.hotswap.accept("lease")["name"], "cron")
        self.assertFalse(began.acquire(timeout=0.01))
        first = self.hotswap.id
        self.hotswap.say(event="granted")
        self.assertTrue(began.acquire(timeout=PATIENCE))
        self.hotswap.say(event="revoke")
        self.hotswap.connection.settimeout(0.05)  # it is not given back while the job runs
        with self.assertRaises(socket.timeout):
            self.hotswap.connection.recv(1, socket.MSG_PEEK)
        self.hotswap.connection.settimeout(PATIENCE)
        may_end.set()
        with self.assertLogs("hotswap"):
            self.assertEqual(self.hotswap.expect("release")["id"], first)
        self.hotswap.say(released=True)
        self.assertGreater(self.hotswap.expect("lease")["id"], first)  # once more
        self.refuse()

    def refuse(self):
        """Ends a lease that waits."""
        with self.assertLogs("hotswap"):
            self.hotswap.say(error="of the test", code="bad-request")
            self.ended("cron")

    def ended(self, name):
        """Waits until this process neither has the lease nor asks for it."""
        for thread in threading.enumerate():
            if thread.name == f"hotswap lease {name}":
                thread.join(PATIENCE)
                self.assertFalse(thread.is_alive())

    def test_full(self):
        with self.assertLogs("hotswap"):
            hotswap.lease("cron", lambda stop: None)
            self.hotswap.refuse("full")
            self.hotswap.accept("lease")
        self.hotswap.say(event="granted")
        self.hotswap.expect("release")
        self.hotswap.say(released=True)
        self.ended("cron")

    def test_lost_connection(self):
        """hotswap hears that the job has ended, over another connection, and when it has."""
        began, may_end = threading.Semaphore(0), threading.Semaphore(0)

        def job(stop):
            began.release()
            stop.wait(PATIENCE)
            may_end.acquire(timeout=PATIENCE)

        with mock.patch.object(_process, "PAUSE", 0.01), self.assertLogs("hotswap"):
            hotswap.lease("cron", job)
            first = self.hotswap.accept("lease")
            self.hotswap.close()  # while it waits
            second = self.hotswap.accept("lease")
            self.assertEqual(second["claim"], first["claim"])
            self.hotswap.say(event="granted")
            self.assertTrue(began.acquire(timeout=PATIENCE))
            self.hotswap.close()
            self.hotswap.listener.settimeout(0.05)
            with self.assertRaises(socket.timeout):
                self.hotswap.listener.accept()
            self.hotswap.listener.settimeout(PATIENCE)
            may_end.release()
            self.assertEqual(self.hotswap.accept("lease")["claim"], first["claim"])
            self.hotswap.say(event="granted")
            self.assertTrue(began.acquire(timeout=PATIENCE))
            self.hotswap.say(event="revoke")
            may_end.release()
            self.hotswap.expect("release")
            self.hotswap.say(released=True)
            self.hotswap.expect("lease")
        self.refuse()

    def test_finished_when_lost(self):
        ran = threading.Semaphore(0)
        hotswap.lease("cron", lambda stop: ran.release())
        claim = self.hotswap.accept("lease")["claim"]
        self.hotswap.say(event="granted")
        self.hotswap.expect("release")
        self.hotswap.close()  # nobody knows whether hotswap has read that
        self.assertEqual(self.hotswap.accept("lease")["claim"], claim)
        self.hotswap.expect("cancel")
        self.hotswap.say(error="the request was cancelled", code="canceled")
        self.ended("cron")
        self.assertTrue(ran.acquire(blocking=False))
        self.assertFalse(ran.acquire(blocking=False))



class Wire(WithFake):
    def test_an_interrupted_answer_is_nobody_elses(self):
        """A connection whose answer was not read is not used again."""
        failed = []

        def interrupted():
            try:
                with _process.current().exchange({"op": "get", "key": "a"}):
                    raise KeyboardInterrupt
            except KeyboardInterrupt as error:
                failed.append(error)

        thread = threading.Thread(target=interrupted)
        thread.start()
        self.hotswap.accept("get")
        thread.join(PATIENCE)
        self.assertEqual(len(failed), 1)
        self.assertIsNone(self.hotswap.read())  # closed

    def test_answers_in_parts(self):
        out = []
        thread = threading.Thread(target=lambda: out.append(hotswap.get("k")))
        thread.start()
        self.hotswap.accept("get")
        late = json.dumps({"id": self.hotswap.id - 1, "value": "late"}).encode() + b"\n"
        for byte in late + json.dumps({"id": self.hotswap.id, "value": "ü"}).encode() + b"\n":
            self.hotswap.connection.sendall(bytes([byte]))
        thread.join(PATIENCE)
        self.assertEqual(out, ["ü"])

    def test_a_connection_that_ended_while_it_rested(self):
        """As all do when hotswap replaces itself. What it has not answered is asked once more."""
        out = []

        def ask(op):
            try:
                out.append(hotswap.get("k") if op == "get" else hotswap.define("k", int))
            except hotswap.Disconnected as error:
                out.append(type(error))

        for op, answer in (("get", {"value": 1}), ("define", {"value": 2}), ("define", {"run": True})):
            thread = threading.Thread(target=ask, args=(op,))
            thread.start()
            self.hotswap.accept(op)
            self.hotswap.close()  # while it waits
            self.hotswap.accept(op)
            self.hotswap.say(**answer)
            if "run" in answer:
                self.hotswap.expect("defined")
            else:
                thread.join(PATIENCE)
            self.hotswap.close()
            thread.join(PATIENCE)
        self.assertEqual(out, [1, 2, hotswap.Disconnected])


class OfGevent(unittest.TestCase):
    def test_a_connection_of_gevent_rests(self):
        """Whose recv waits in spite of MSG_DONTWAIT, unless the socket does not block."""
        sent, kept = socket.socketpair()
        self.addCleanup(sent.close)
        self.addCleanup(kept.close)

        class Green:
            def __getattr__(self, name):
                return getattr(kept, name)

            def recv(self, size, flags):
                return kept.recv(size, flags & ~socket.MSG_DONTWAIT)

        connection = _wire.Connection.__new__(_wire.Connection)
        connection._socket = Green()
        kept.settimeout(PATIENCE)
        self.assertTrue(connection.rests())
        sent.send(b"x")
        self.assertFalse(connection.rests())


if __name__ == "__main__":
    unittest.main()
