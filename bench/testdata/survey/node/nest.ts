import 'reflect-metadata'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Controller()
class Ping {
  @Get('ping')
  ping() {
    return { pong: true, version: Number(process.env.HOTSWAP_GENERATION), pid: process.pid }
  }
}

@Module({ controllers: [Ping] })
class App {}

async function main() {
  const app = await NestFactory.create(App, { logger: ['error'] })
  await app.listen(Number(process.env.PORT), '127.0.0.1')
}
main()
