import asyncio
import json
import os
import urllib.request

version = 1
answer = {"pong": True, "version": version, "pid": os.getpid(), "tree": os.path.basename(os.path.dirname(os.getcwd()))}


def fetch():
    with urllib.request.urlopen("http://localhost:8000/ping") as response:
        return response.read()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    own = scope["path"] == "/self"
    text = await asyncio.to_thread(fetch) if own else json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})
