# Four protocols in threads whose reads block.
import os
import socketserver

VERSION = 1


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        first = self.rfile.readline()
        if first.startswith(b"EHLO"):
            self.wfile.write(b"250 hello\r\n")
            while line := self.rfile.readline():
                self.wfile.write(b"250 version %d has %s\r\n" % (VERSION, line.strip()))
            return
        while line := self.rfile.readline().strip():
            pass
        if first.startswith(b"GET /socket"):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            while frame := self.rfile.read(8):  # a client's frame with two bytes
                text = bytes(a ^ b for a, b in zip(frame[6:], frame[2:6]))
                self.wfile.write(b"\x81\x02" + text)
            return
        if first.startswith(b"POST /hints"):
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        if first.startswith(b"POST /continue"):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if first.startswith(b"POST"):
            text = b"version %d stored %d of 1000" % (VERSION, len(self.rfile.read(1000)))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


Server(("127.0.0.1", int(os.environ["PORT"])), Session).serve_forever()
