import Router from '@koa/router'
import { plainToInstance } from 'class-transformer'
import { validate } from 'class-validator'
import { database } from '../database'
import { Book } from '../entities/book'

export const books = new Router({ prefix: '/books' })
books.get('/', async (ctx) => {
  ctx.body = await database.getRepository(Book).find({ relations: { author: true } })
})
books.post('/', async (ctx) => {
  const book = plainToInstance(Book, ctx.request.body as object)
  const wrong = await validate(book)
  if (wrong.length > 0) ctx.throw(422, String(wrong))
  ctx.body = await database.getRepository(Book).save(book)
})
