"""A counter, a scheduler and a cache, none of which a swap resets, in each worker of gunicorn."""

import json

import hotswap
import scheduler  # asks for its lease
from pool import Pool
from prices import load_prices

pool = Pool()

# Loading takes a while. One worker does it, and each later process gets what that one has loaded.
prices = hotswap.define("prices", load_prices)

routes = {
    "GET /": lambda: f"count {hotswap.get('count', 0)}\ngeneration {hotswap.generation}\n",
    "POST /count": lambda: str(hotswap.increment("count")),
    "GET /cache": lambda: json.dumps({"value": prices, "runs": hotswap.get("prices/runs")}),
    "GET /healthz": lambda: "ok\n" if pool.query("select 1") else "no database\n",
}


def app(environ, start_response):
    answer = routes.get(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    body = (answer() if answer else "no such page\n").encode()
    start_response("200 OK" if answer else "404 Not Found", [("Content-Length", str(len(body)))])
    return [body]


@hotswap.on_serve
def serves():
    print(f"generation {hotswap.generation} serves", flush=True)


# Called when the next process serves. If that one fails, this one serves again, and wait returns False.
@hotswap.on_drain
def drains(drain):
    if drain.drained.wait():
        pool.close()
        print(f"generation {hotswap.generation} has closed its pool", flush=True)
