# For examples/python: a program that keeps notes in a database, which it holds for itself alone if MODE is EXCLUSIVE.
import os, server, signal, sqlite3, sys, threading
db = sqlite3.connect("notes.data", check_same_thread=False, timeout=30 if os.environ["MODE"] == "NORMAL" else 0, isolation_level=None)
db.execute("PRAGMA locking_mode=" + os.environ["MODE"])
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
lock = threading.Lock()
class Handler(server.Handler):
    def do_GET(self):
        with lock: notes = [t for (t,) in db.execute("SELECT text FROM notes")] if self.path == "/notes" else None
        self.answer(pong=True, notes=notes)
    def do_POST(self):
        note = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with lock: db.execute("INSERT INTO notes VALUES (?)", (note,))
        self.answer(echo=note)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server.ThreadingHTTPServer.daemon_threads = True
server.ThreadingHTTPServer.request_queue_size = 128
server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
