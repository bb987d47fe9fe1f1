import os
import sys

import tornado.httpserver
import tornado.ioloop
import tornado.web


class Ping(tornado.web.RequestHandler):
    def get(self):
        self.write({"pong": True, "version": int(os.environ["HOTSWAP_GENERATION"]), "pid": os.getpid()})


server = tornado.httpserver.HTTPServer(tornado.web.Application([("/ping", Ping)]))
server.bind(int(os.environ["PORT"]), "127.0.0.1")
server.start(int(sys.argv[1]))  # processes
tornado.ioloop.IOLoop.current().start()
