import httpx
import jinja2
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy import select

from app.database import Customer, Session

router = APIRouter()
page = jinja2.Template("<ul>{% for c in customers %}<li>{{ c.name }}</li>{% endfor %}</ul>")
client = httpx.AsyncClient(base_url="http://127.0.0.1:9")


class NewCustomer(BaseModel):
    name: str


def session():
    with Session() as s:
        yield s


@router.post("/")
def create(new: NewCustomer, s=Depends(session)):
    customer = Customer(name=new.name)
    s.add(customer)
    s.commit()
    return {"id": customer.id}


@router.get("/", response_class=HTMLResponse)
def index(s=Depends(session)):
    return page.render(customers=s.scalars(select(Customer)).all())


@router.get("/upstream")
async def upstream():
    try:
        return (await client.get("/")).status_code
    except httpx.ConnectError as error:
        return str(error)
