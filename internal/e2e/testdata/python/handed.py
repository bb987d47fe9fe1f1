# For examples/python: a program that is handed its socket, never binds and never listens, and
# accepts when there is no file held any more.
import os, socket, time
from server import Handler, ThreadingHTTPServer
assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDNAMES"] == "unknown"
if os.path.exists("held"):
    os.write(2, b'{"level":"info","event":"held","gen":%s}\n' % os.environ["HOTSWAP_GENERATION"].encode())
while os.path.exists("held"): time.sleep(0.01)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(os.environ[os.environ["WHICH"]] if "WHICH" in os.environ else 3))
server.serve_forever()
