"""The answers of /hold and /stream wait until the next /open."""
import asyncio
import os

import uvicorn

waiting = []


async def app(scope, receive, send):
    if scope['type'] != 'http':
        return

    async def say(text, more=False):
        await send({'type': 'http.response.body', 'body': text.encode(), 'more_body': more})

    async def opened():
        waiting.append(asyncio.Event())
        await waiting[-1].wait()
    await receive()
    path, kind = scope['path'], 'text/plain'
    if path == '/open':
        while waiting:
            waiting.pop().set()
    if path == '/hold':
        await opened()
    if path == '/stream':
        kind = 'text/event-stream'
    length = [] if path == '/stream' else [(b'content-length', b'%d' % len(path))]
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', kind.encode()), *length]})
    if path == '/stream':
        await say('data: 1\n\n', True)
        gone = asyncio.ensure_future(receive())
        await asyncio.wait([asyncio.ensure_future(opened()), gone], return_when=asyncio.FIRST_COMPLETED)
        path = 'data: 2\n\n'
    await say(path)

uvicorn.run(app, port=int(os.environ['PORT']), http=os.environ['PROTOCOL'], loop='auto', log_level='warning', lifespan='off', timeout_keep_alive=60)
