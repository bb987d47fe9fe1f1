"""websockets.serve, which answers other requests, too. It has no event streams."""
import asyncio
import http
import os
import signal
import urllib.parse

import websockets

import says


async def answer(path, headers):
    url = urllib.parse.urlsplit(path)
    if url.path == '/ws':
        return None  # go on with the handshake
    query = urllib.parse.parse_qs(url.query)
    await asyncio.sleep(int(query.get('ms', ['0'])[0]) / 1000)
    return http.HTTPStatus.OK, {'Content-Type': 'application/json'}, says.pong()


async def echo(ws):
    async for text in ws:
        await ws.send(says.echo(text))


async def main():
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, stop.set_result, None)
    async with websockets.serve(echo, '127.0.0.1', int(os.environ['PORT']), process_request=answer):
        await stop


asyncio.run(main())
