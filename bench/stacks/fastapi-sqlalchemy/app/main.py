from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

from app.database import Base, engine
from app.routers import customers, ping

Base.metadata.create_all(engine)
app = FastAPI(title="customers")
app.add_middleware(CORSMiddleware, allow_origins=["*"])
app.include_router(ping.router)
app.include_router(customers.router, prefix="/customers")
