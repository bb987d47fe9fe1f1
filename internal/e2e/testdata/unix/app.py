# For servers of Python.
import os
body = b'{"pong": true, "version": %d, "pid": %d}' % (int(os.environ['HOTSWAP_GENERATION']), os.getpid())
head = [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))]
def wsgi(env, start):
    start('200 OK', head)
    return [body]
async def asgi(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(k.lower().encode(), v.encode()) for k, v in head]})
        await send({'type': 'http.response.body', 'body': body})
