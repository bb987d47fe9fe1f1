"""A FastAPI application for uvicorn, which at SIGTERM waits for the end of each event stream."""
import asyncio

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import Response, StreamingResponse

import says

app = FastAPI()


@app.get('/ping')
@app.get('/slow')
async def pong(ms: int = 0):
    await asyncio.sleep(ms / 1000)
    return Response(says.pong(), media_type='application/json')


@app.websocket('/ws')
async def echo(socket: WebSocket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(says.echo(text))


@app.get('/events')
async def events(request: Request):
    async def after(last):
        while True:
            last += 1
            yield says.event(last)
            await asyncio.sleep(0.1)
    return StreamingResponse(after(int(request.headers.get('last-event-id', '0'))), media_type='text/event-stream')
