import logging

from flask import Flask

from . import orders, ping
from .database import Base, engine


def create_app():
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    Base.metadata.create_all(engine)
    app = Flask(__name__)
    app.register_blueprint(ping.routes)
    app.register_blueprint(orders.routes, url_prefix="/orders")
    return app
