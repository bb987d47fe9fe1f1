"""The answers of /hold and /stream wait until somebody asks for /open."""
import threading

waiting = []
opened = threading.Event()  # before anybody waited


def wait():
    if opened.is_set():
        opened.clear()
    else:
        waiting.append(threading.Event())
        waiting[-1].wait()


def stream():
    yield b'data: 1\n\n'
    wait()
    yield b'data: 2\n\n'


def app(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/open':
        if not waiting:
            opened.set()
        while waiting:
            waiting.pop().set()
    if path == '/hold':
        wait()
    if path == '/stream':
        start_response('200 OK', [('Content-Type', 'text/event-stream')])
        return stream()
    start_response('200 OK', [('Content-Length', str(len(path)))])
    return [path.encode()]
