import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = os.environ.get("PROTOCOL", "HTTP/1.0")

    def do_GET(self):
        self.answer(0)

    def do_POST(self):
        self.answer(len(self.rfile.read(int(self.headers["content-length"]))))

    def answer(self, size):
        body = b"version %d size %d" % (VERSION, size)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
