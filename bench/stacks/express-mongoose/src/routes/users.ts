import { Router } from 'express'
import { body, validationResult } from 'express-validator'
import jwt from 'jsonwebtoken'
import { User } from '../models/user.js'

export const users = Router()
users.post('/', body('email').isEmail(), async (request, response, next) => {
  const wrong = validationResult(request)
  if (!wrong.isEmpty()) return response.status(400).json(wrong.array())
  try {
    const user = new User(request.body)
    await user.validate()
    response.json({ user, token: jwt.sign({ sub: user.id }, 'only for development') })
  } catch (error) {
    next(error)
  }
})
