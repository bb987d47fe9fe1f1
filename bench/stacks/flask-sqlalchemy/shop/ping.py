import json
import os
import time

from flask import Blueprint, Response, request

from . import version

saved = 1
answer = {"pong": True, "version": max(saved, version.saved), "pid": os.getpid()}
routes = Blueprint("ping", __name__)


@routes.get("/ping")
def ping():
    return answer


@routes.get("/slow")
def slow():
    time.sleep(int(request.args["ms"]) / 1000)
    return answer


@routes.get("/events")
def events():
    def run():
        while True:
            yield f"data: {json.dumps(answer)}\n\n"
            time.sleep(0.25)

    return Response(run(), mimetype="text/event-stream")
