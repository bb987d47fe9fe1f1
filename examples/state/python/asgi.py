"""The same with asyncio: uvicorn asgi:app."""

import asyncio
import json

import hotswap
from hotswap import aio
from pool import Pool
from prices import load_prices
from ticks import note

pool = Pool()
prices = hotswap.define("prices", load_prices)


async def schedule(stop):
    while not stop.is_set():
        note("begin")
        await asyncio.sleep(0.02)
        note("end")
        try:
            await asyncio.wait_for(stop.wait(), 0.1)
        except asyncio.TimeoutError:
            pass


async def serves():
    print(f"generation {hotswap.generation} serves", flush=True)


async def drains(drain):
    if await drain.drained.wait():
        pool.close()
        print(f"generation {hotswap.generation} has closed its pool", flush=True)


async def answer(request):
    if request == "GET /":
        return f"count {await aio.get('count', 0)}\ngeneration {hotswap.generation}\n"
    if request == "POST /count":
        return str(await aio.increment("count"))
    if request == "GET /cache":
        return json.dumps({"value": prices, "runs": await aio.get("prices/runs")})
    if request == "GET /healthz":
        return "ok\n" if pool.query("select 1") else "no database\n"
    return None


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await aio.on_serve(serves)
        await aio.on_drain(drains)
        lease = await aio.lease("scheduler", schedule)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        lease.stop()
        await send({"type": "lifespan.shutdown.complete"})
        return
    text = await answer(f"{scope['method']} {scope['path']}")
    body = (text or "no such page\n").encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if text else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})
