"""A threaded HTTP server of the standard library, with keep-alive."""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from version import version


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/slow":
            time.sleep(int(parse_qs(url.query).get("ms", ["700"])[0]) / 1000)
        elif url.path != "/ping":
            self.send_error(404)
            return
        self.answer(pong=True)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if urlsplit(self.path).path != "/echo":
            self.send_error(404)
            return
        self.answer(echo=body.decode())

    def answer(self, **what):
        body = json.dumps({**what, "version": version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_):
        pass


if __name__ == "__main__":
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "4000"))
    server = ThreadingHTTPServer(address, Handler)
    print(f"version {version} listens on http://{address[0]}:{address[1]}", flush=True)
    server.serve_forever()
