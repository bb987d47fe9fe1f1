"""An ASGI application for uvicorn and hypercorn, without a framework."""
import asyncio
import urllib.parse

import says

stopping = False

try:
    from uvicorn.server import Server
except ImportError:
    pass
else:
    # As sse-starlette does: uvicorn waits for the end of each answer, so event streams have to learn of the stop.
    def handle_exit(self, *args, exits=Server.handle_exit):
        global stopping
        stopping = True
        exits(self, *args)

    Server.handle_exit = handle_exit


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        while True:
            message = await receive()
            await send({'type': message['type'] + '.complete'})
            if message['type'] == 'lifespan.shutdown':
                return
    if scope['type'] == 'websocket':
        return await echo(receive, send)
    if scope['path'] == '/events':
        return await events(dict(scope['headers']), receive, send)
    if scope['path'] == '/slow':
        query = urllib.parse.parse_qs(scope['query_string'].decode())
        await asyncio.sleep(int(query['ms'][0]) / 1000)
    body = says.pong()
    headers = [(b'content-type', b'application/json'), (b'content-length', str(len(body)).encode())]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})


async def echo(receive, send):
    while True:
        message = await receive()
        if message['type'] == 'websocket.connect':
            await send({'type': 'websocket.accept'})
        elif message['type'] == 'websocket.receive':
            await send({'type': 'websocket.send', 'text': says.echo(message['text'])})
        else:
            return


async def events(headers, receive, send):
    gone = asyncio.ensure_future(disconnected(receive))
    last = int(headers.get(b'last-event-id', b'0'))
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/event-stream'), (b'cache-control', b'no-cache')]})
    while not gone.done() and not stopping:
        last += 1
        await send({'type': 'http.response.body', 'body': says.event(last), 'more_body': True})
        await asyncio.wait([gone], timeout=0.1)
    gone.cancel()
    await send({'type': 'http.response.body', 'body': b''})


async def disconnected(receive):
    while (await receive())['type'] != 'http.disconnect':
        pass
