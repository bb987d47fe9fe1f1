import json
import os

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "version.json")) as file:
    version = json.load(file)["version"]


def app(environ, start_response):
    if environ["PATH_INFO"] != "/ping":
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    body = json.dumps({"pong": True, "version": version, "pid": os.getpid()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
