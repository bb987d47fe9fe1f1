"""What each of the servers in Python says."""
import json
import os

with open('version.json') as f:
    VERSION = json.load(f)['version']


def pong():
    return json.dumps({'pong': True, 'version': VERSION, 'pid': os.getpid()}).encode()


def echo(text):
    return json.dumps({'echo': text, 'version': VERSION}, separators=(',', ':'))


def event(number):
    return f'id: {number}\nretry: 100\ndata: {{"version":{VERSION}}}\n\n'.encode()
