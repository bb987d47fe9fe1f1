import type { ErrorRequestHandler } from 'express'
import mongoose from 'mongoose'

export const failed: ErrorRequestHandler = (error, request, response, next) => {
  response.status(error instanceof mongoose.Error.ValidationError ? 422 : 500).json({ error: String(error) })
}
