"""Django with channels, for daphne."""
import asyncio

import django
from django.conf import settings

settings.configure(ALLOWED_HOSTS=['*'], ROOT_URLCONF=__name__, SECRET_KEY='x')
django.setup()

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

import says


async def pong(request):
    await asyncio.sleep(int(request.GET.get('ms', '0')) / 1000)
    return HttpResponse(says.pong(), content_type='application/json')


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(says.echo(text_data))


class Events(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(headers=[(b'Content-Type', b'text/event-stream'), (b'Cache-Control', b'no-cache')])
        last = int(dict(self.scope['headers']).get(b'last-event-id', b'0'))
        while True:  # until daphne cancels it, because the client has gone
            last += 1
            await self.send_body(says.event(last), more_body=True)
            await asyncio.sleep(0.1)


urlpatterns = [path('ping', pong), path('slow', pong)]
app = ProtocolTypeRouter({
    'http': URLRouter([path('events', Events.as_asgi()), path('<path:rest>', get_asgi_application())]),
    'websocket': URLRouter([path('ws', Echo.as_asgi())]),
})
