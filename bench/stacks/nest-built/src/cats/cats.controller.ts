import { Body, Controller, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import { CatDto } from './cat.dto'
import { CatsService } from './cats.service'

@ApiTags('cats')
@Controller('cats')
export class CatsController {
  constructor(private readonly cats: CatsService) {}

  @Post()
  add(@Body() cat: CatDto) {
    return this.cats.add(cat)
  }
}
