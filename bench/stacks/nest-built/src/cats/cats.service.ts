import { Injectable } from '@nestjs/common'
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter'
import { JwtService } from '@nestjs/jwt'
import { CatDto } from './cat.dto'

@Injectable()
export class CatsService {
  private readonly cats: CatDto[] = []
  private added = 0

  constructor(
    private readonly jwt: JwtService,
    private readonly events: EventEmitter2,
  ) {}

  add(cat: CatDto) {
    this.cats.push(cat)
    this.events.emit('cat.added', cat)
    return { cats: this.cats, added: this.added, token: this.jwt.sign({ name: cat.name }) }
  }

  @OnEvent('cat.added')
  count() {
    this.added++
  }
}
