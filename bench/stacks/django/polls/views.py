import json
import os
import time

from django.db.models import Count
from django.http import JsonResponse, StreamingHttpResponse

from . import version
from .models import Question

saved = 1
answer = {"pong": True, "version": max(saved, version.saved), "pid": os.getpid()}


def ping(request):
    return JsonResponse(answer)


def slow(request):
    time.sleep(int(request.GET["ms"]) / 1000)
    return JsonResponse(answer)


def events(request):
    def run():
        while True:
            yield f"data: {json.dumps(answer)}\n\n"
            time.sleep(0.25)

    return StreamingHttpResponse(run(), content_type="text/event-stream")


def questions(request):
    query = Question.objects.annotate(choices=Count("choice")).order_by("-published")
    return JsonResponse({"sql": str(query.query)})
