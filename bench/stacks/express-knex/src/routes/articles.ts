import { formatDistance, parseISO } from 'date-fns'
import { Router } from 'express'
import Joi from 'joi'
import jwt from 'jsonwebtoken'
import passport from 'passport'
import { db } from '../database'

const schema = Joi.object({ title: Joi.string().min(1).required(), published: Joi.date().iso() })

export const articles = Router()
articles.get('/', (request, response) => {
  const query = db('articles').join('authors', 'authors.id', 'articles.author_id').where('published', '<', db.fn.now()).orderBy('published', 'desc').limit(10)
  response.json({ sql: query.toSQL().sql, token: jwt.sign({ sub: 'somebody' }, 'only for development') })
})
articles.post('/', passport.authenticate('jwt', { session: false }), (request, response) => {
  const { error, value } = schema.validate(request.body)
  if (error) return void response.status(422).json({ error: error.message })
  response.json({ value, age: formatDistance(parseISO('2025-01-01'), new Date()) })
})
