import asyncio
import logging
import os
import time
import unittest

import hotswap
from hotswap import aio
from hotswap._place import follower

PATIENCE = 60


class Aio(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.state = aio.namespace(f"{os.getpid()}.{time.monotonic_ns()}.{self.id()}")

    async def test_state(self):
        await self.state.set("a", {"b": 1})
        self.assertEqual(await self.state.get("a"), {"b": 1})
        self.assertEqual(await self.state.get("none", 3), 3)
        await asyncio.gather(*(self.state.increment("n") for _ in range(50)))
        self.assertEqual(await self.state.get("n"), 50)

        async def change(old):
            await asyncio.sleep(0)
            return old + 1

        await asyncio.gather(*(self.state.update("n", change) for _ in range(10)))
        self.assertEqual(await self.state.get("n"), 60)
        self.assertEqual(await self.state.list(), ["a", "n"])
        self.assertTrue(await self.state.delete("a"))
        with self.assertRaises(TypeError):
            await self.state.set("a", object())
        self.assertTrue(await aio.serving())
        await aio.ready()

    async def test_define(self):
        """More tasks wait than the executor has threads, and the initializer needs one of those."""
        runs = []

        async def initialize():
            runs.append(1)
            await asyncio.sleep(0.01)
            return await self.state.increment("runs")

        async def once(i):
            return await asyncio.wait_for(self.state.define(f"k{i % 50}", initialize), PATIENCE)

        values = await asyncio.gather(*(once(i) for i in range(500)))
        self.assertEqual(sorted(set(values)), [*range(1, 51)])
        self.assertEqual(len(runs), 50)

        async def fails():
            raise KeyError("no luck")

        with self.assertRaises(KeyError):
            await self.state.define("f", fails)
        self.assertEqual(await self.state.define("f", lambda: 1), 1)

        async def itself():
            return await self.state.define("i", initialize)

        with self.assertRaises(RuntimeError):
            await asyncio.wait_for(self.state.define("i", itself), PATIENCE)

    async def test_local(self):
        async def pool():
            await asyncio.sleep(0)
            return object()

        pools = await asyncio.gather(*(self.state.local("pool", pool) for _ in range(10)))
        self.assertEqual(len(set(map(id, pools))), 1)

    async def test_watch(self):
        changes = asyncio.Queue()
        stop = await self.state.watch(changes.put, prefix="")
        await self.state.set("a", 1)
        change = await asyncio.wait_for(changes.get(), PATIENCE)
        self.assertEqual((change.key, change.value), ("a", 1))
        stop()

    async def test_lease(self):
        began, ended = asyncio.Event(), asyncio.Event()

        async def job(stop):
            began.set()
            await stop.wait()
            ended.set()

        lease = await aio.lease(self.state._state._key("job"), job)
        await asyncio.wait_for(began.wait(), PATIENCE)
        lease.stop()
        await asyncio.wait_for(ended.wait(), PATIENCE)
        finished = asyncio.Event()

        async def once(stop):
            finished.set()

        await aio.lease(self.state._state._key("job"), once)
        await asyncio.wait_for(finished.wait(), PATIENCE)

    async def test_place(self):
        served = asyncio.Event()

        async def serve():
            served.set()

        await aio.on_serve(serve)
        await asyncio.wait_for(served.wait(), PATIENCE)


class End(unittest.TestCase):
    def test_end_of_the_loop(self):
        """What asyncio.run cancels at its end has not failed."""
        logged = []
        handler = logging.Handler()
        handler.emit = logged.append
        logging.getLogger("hotswap").addHandler(handler)
        self.addCleanup(logging.getLogger("hotswap").removeHandler, handler)

        async def main():
            begun = [asyncio.Event(), asyncio.Event()]

            async def job(stop):
                begun[0].set()
                await asyncio.Event().wait()

            async def serve():
                begun[1].set()
                await asyncio.Event().wait()

            lease = await aio.lease(f"{os.getpid()}.{self.id()}", job)
            await aio.on_serve(serve)
            for event in begun:
                await asyncio.wait_for(event.wait(), PATIENCE)
            return lease

        lease = asyncio.run(main())
        lease._thread.join(PATIENCE)
        self.assertFalse(lease._thread.is_alive())
        place = follower()
        with place._changed:
            self.assertTrue(place._changed.wait_for(lambda: not place._on_serve[-1].runs, PATIENCE))
        self.assertEqual([record.getMessage() for record in logged], [])


if __name__ == "__main__":
    unittest.main()
