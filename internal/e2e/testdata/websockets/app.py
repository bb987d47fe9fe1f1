"""What the servers in feed.cjs do with a client, as an ASGI application. It does not know of hotswap."""

import asyncio
import json
import os
import time

VERSION = int(os.environ.get("HOTSWAP_GENERATION", "1"))
PID = os.getpid()


def now():
    return int(time.time() * 20)


async def push(send):
    told = now()
    while True:
        await asyncio.sleep(0.01)
        for event in range(told + 1, now() + 1):
            told = event
            await say(send, {"event": event})


async def say(send, what):
    text = json.dumps({**what, "version": VERSION, "pid": PID}, separators=(",", ":"))
    await send({"type": "websocket.send", "text": text})


async def feed(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    pushing = asyncio.create_task(push(send))
    try:
        while (message := await receive())["type"] == "websocket.receive":
            await say(send, {"echo": message["text"]})
    finally:
        pushing.cancel()


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await feed(receive, send)
    elif scope["type"] == "http":
        body = json.dumps({"pong": True, "version": VERSION, "pid": PID}, separators=(",", ":")).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})
