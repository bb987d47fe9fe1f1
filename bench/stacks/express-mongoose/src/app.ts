import compression from 'compression'
import cookieParser from 'cookie-parser'
import cors from 'cors'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import morgan from 'morgan'
import { users } from './routes/users.js'
import { ping } from './routes/ping.js'
import { failed } from './middleware/failed.js'

export const app = express()
app.use(helmet())
app.use(cors())
app.use(morgan('dev', { skip: (_, response) => response.statusCode < 500 }))
app.use(ping)
app.use(compression())
app.use(cookieParser())
app.use(express.json())
app.use('/users', rateLimit({ windowMs: 60_000, limit: 100 }), users)
app.use(failed)
