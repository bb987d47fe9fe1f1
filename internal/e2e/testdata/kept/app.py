import asyncio

VERSION = 1


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        part = await receive()
        if part["type"] != "http.request":
            return
        size += len(part.get("body", b""))
        more = part.get("more_body")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/parts":
        for pause in (0.06, 0.3):
            await send({"type": "http.response.body", "body": b"part ", "more_body": True})
            await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b"version %d size %d" % (VERSION, size)})
