import asyncio
import json
import os

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from app import version

saved = 1
router = APIRouter()


class Answer(BaseModel):
    pong: bool = True
    version: int = max(saved, version.saved)
    pid: int = os.getpid()


@router.get("/ping")
async def ping() -> Answer:
    return Answer()


@router.get("/slow")
async def slow(ms: int) -> Answer:
    await asyncio.sleep(ms / 1000)
    return Answer()


@router.get("/events")
async def events():
    async def run():
        while True:
            yield f"data: {json.dumps(Answer().dict())}\n\n"
            await asyncio.sleep(0.25)

    return StreamingResponse(run(), media_type="text/event-stream")
