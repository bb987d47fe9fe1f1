"""An ASGI application for hypercorn, without a framework."""
import asyncio
import urllib.parse

import says

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
    while not gone.done():
        last += 1
        await send({'type': 'http.response.body', 'body': says.event(last), 'more_body': True})
        await asyncio.wait([gone], timeout=0.1)
    gone.cancel()
    await send({'type': 'http.response.body', 'body': b''})


async def disconnected(receive):
    while (await receive())['type'] != 'http.disconnect':
        pass
