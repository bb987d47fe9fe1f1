import { Controller, Get, ParseIntPipe, Query, Sse } from '@nestjs/common'
import { interval, map } from 'rxjs'
import { setTimeout } from 'node:timers/promises'
import { saved as leaf } from '../version'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

@Controller()
export class HealthController {
  @Get('ping')
  ping() {
    return answer
  }

  @Get('slow')
  async slow(@Query('ms', ParseIntPipe) ms: number) {
    await setTimeout(ms)
    return answer
  }

  @Sse('events')
  events() {
    return interval(250).pipe(map(() => ({ data: answer })))
  }
}
