# The same as line.mjs, with the descriptor store of systemd (sd_notify(3)).
import http.server
import os
import socket
import threading

import hotswap


def notify(text, *fds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"])
        socket.send_fds(s, [text.encode()], fds)


line = None
if os.environ.get("LISTEN_PID") == str(os.getpid()):
    names = os.environ["LISTEN_FDNAMES"].split(":")
    line = socket.socket(fileno=3 + names.index("line"))


@hotswap.lease("line")
def ask(stop):
    global line
    if line is None:
        line = socket.create_connection(("127.0.0.1", int(os.environ["LINE_PORT"])))
        notify("FDSTORE=1\nFDNAME=line", line.fileno())
    lines = line.makefile("rw")
    sync = f"sync {os.getpid()}"
    print(sync, file=lines, flush=True)
    while next(lines).strip() != sync:
        pass
    with open(os.environ["GOT"], "a", buffering=1) as got:
        while not stop.is_set():
            print("next", file=lines, flush=True)
            got.write(next(lines))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
notify("READY=1")
threading.Event().wait()
