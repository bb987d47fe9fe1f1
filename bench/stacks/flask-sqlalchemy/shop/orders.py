from flask import Blueprint, redirect, render_template, request, url_for

from .database import Order, session

routes = Blueprint("orders", __name__)


@routes.get("/")
def index():
    return render_template("orders.html", orders=session.query(Order).all())


@routes.post("/")
def create():
    session.add(Order(customer=request.form["customer"], total=request.form["total"]))
    session.commit()
    return redirect(url_for("orders.index"))
