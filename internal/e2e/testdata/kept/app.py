import asyncio
import os
import sys

VERSION = 1
sys.platform = os.environ.get("PLATFORM", sys.platform)


def log(text):
    if "LOG" in os.environ:
        with open(os.environ["LOG"], "a") as file:
            file.write(f"gen {VERSION} {text}\n")


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path, client = scope["path"], "%s:%d" % tuple(scope["client"] or ("unix", 0))
    log(f"{scope['method']} {path} from {client} user {dict(scope['headers']).get(b'x-forwarded-user')}")
    start = {"type": "http.response.start", "status": 200, "headers": [(b"x-client", client.encode())]}
    if path == "/401":
        await send(start | {"status": 401})
        return await send({"type": "http.response.body"})
    if path == "/echo":
        await send(start)
    if path == "/slow":
        await asyncio.sleep(0.3)
    size, more = 0, True
    while more:
        part = await receive()
        if part["type"] != "http.request":
            return
        size += len(part.get("body", b""))
        more = part.get("more_body")
        if path == "/echo":
            await send({"type": "http.response.body", "body": part.get("body", b""), "more_body": more})
    if path == "/echo":
        return
    await send(start)
    for pause in (0.06, 0.3) if path == "/parts" else [0.1] * 120 if path == "/tokens" else ():
        await send({"type": "http.response.body", "body": b"part ", "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b"version %d size %d" % (VERSION, size)})
