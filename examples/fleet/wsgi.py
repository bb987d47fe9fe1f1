import json
import os

# A worker imports this when it is forked, which may be after the file was saved
# again; the generation it belongs to is certain.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "version.json")) as file:
    version = int(os.environ.get("HOTSWAP_GENERATION") or json.load(file)["version"])


def app(environ, start_response):
    if environ["PATH_INFO"] != "/ping":
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    body = json.dumps({"pong": True, "version": version, "pid": os.getpid()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
