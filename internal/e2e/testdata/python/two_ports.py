# For examples/python: a program that listens at one port and then at another, unless there is a file that
# says to stop half-way.
import os, signal, threading
from server import Handler, ThreadingHTTPServer
ThreadingHTTPServer.request_queue_size = 100
def serve(name):
    s = ThreadingHTTPServer(("127.0.0.1", int(os.environ[name])), Handler)
    threading.Thread(target=s.serve_forever).start()
serve("PORT")
if os.path.exists("half"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(2, b'{"level":"info","event":"half"}\n')
else:
    serve("TWO")
