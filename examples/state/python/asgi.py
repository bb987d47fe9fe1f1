"""The same with asyncio: uvicorn asgi:app. What waits for hotswap runs in threads."""

import json
from asyncio import to_thread

import hotswap
import scheduler  # asks for its lease
from pool import Pool
from prices import load_prices

pool = Pool()
prices = hotswap.define("prices", load_prices)


@hotswap.on_serve
def serves():
    print(f"generation {hotswap.generation} serves", flush=True)


@hotswap.on_drain
def drains(drain):
    if drain.drained.wait():
        pool.close()
        print(f"generation {hotswap.generation} has closed its pool", flush=True)


async def answer(request):
    if request == "GET /":
        return f"count {await to_thread(hotswap.get, 'count', 0)}\ngeneration {hotswap.generation}\n"
    if request == "POST /count":
        return str(await to_thread(hotswap.increment, "count"))
    if request == "GET /cache":
        return json.dumps({"value": prices, "runs": await to_thread(hotswap.get, "prices/runs")})
    if request == "GET /healthz":
        return "ok\n" if pool.query("select 1") else "no database\n"
    return None


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": message["type"] + ".complete"})
        return
    text = await answer(f"{scope['method']} {scope['path']}")
    body = (text or "no such page\n").encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if text else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})
