import json
import os


def app(environ, start_response):
    body = json.dumps({"pong": True, "version": int(os.environ["HOTSWAP_GENERATION"]), "pid": os.getpid()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


application = app
