import time

VERSION = 1


def app(environ, start_response):
    body = environ["wsgi.input"]
    size = sum(map(len, iter(lambda: body.read(1 << 16), b"")))
    client = "%s:%s" % (environ["REMOTE_ADDR"], environ["REMOTE_PORT"])
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Client", client)])
    for pause in (0.06, 0.3) if environ["PATH_INFO"] == "/parts" else ():
        yield b"part "
        time.sleep(pause)
    yield b"version %d size %d" % (VERSION, size)
