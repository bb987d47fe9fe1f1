"""bench.py OUT: times calls of the module hotswap, and writes a line of JSON into the file OUT.
bench.py OUT race N: has eight processes define N keys."""

import json
import os
import sys
import threading
import time

import hotswap

out, mode, n = (sys.argv[1:] + ["", "0"])[:3]

operations = {
    "get": lambda: hotswap.get("value"),
    "set": lambda: hotswap.set("value", {"name": "x" * 80}),
    "update": lambda: hotswap.update("number", lambda old: old + 1, default=0),
    "increment": lambda: hotswap.increment("sum"),
}


def times(f, calls):
    took = []
    for _ in range(calls):
        begin = time.perf_counter_ns()
        f()
        took.append((time.perf_counter_ns() - begin) / 1000)
    took.sort()
    return {"Median": took[calls // 2], "P99": took[calls * 99 // 100]}


def rate(f, calls, at_once):
    threads = [threading.Thread(target=lambda: [f() for _ in range(calls // at_once)]) for _ in range(at_once)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return calls / (time.perf_counter() - begin)


def bench():
    calls = int(os.environ.get("CALLS", 2000))
    hotswap.set("value", {"name": "x" * 80})
    results = {}
    for name, f in operations.items():
        times(f, min(calls, 1000))
        # Updates of one key at once would wait for each other.
        results[name] = {**times(f, calls), "Rate": rate(f, calls, 1) if name == "update" else rate(f, calls * 4 // 64 * 64, 64)}
    return results


def race():
    begin = time.perf_counter()
    pids = []
    for _ in range(8):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                keys = range(int(n))
                if [hotswap.define(f"key/{i}", lambda: (hotswap.increment(f"runs/{i}"), i)[1]) for i in keys] == [*keys]:
                    code = 0
            finally:
                os._exit(code)
        pids.append(pid)
    for pid in pids:
        if os.waitpid(pid, 0)[1] != 0:
            raise SystemExit("a racer failed")
    ms = (time.perf_counter() - begin) * 1000
    runs = [hotswap.get(key) for key in hotswap.list("runs/")]
    return {"MS": ms, "Keys": len(runs), "More": sum(r != 1 for r in runs)}


results = race() if mode == "race" else bench()
with open(out + "~", "w") as file:
    json.dump(results, file)
os.rename(out + "~", out)
while True:
    time.sleep(1e6)
