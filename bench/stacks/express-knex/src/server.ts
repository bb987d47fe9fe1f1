import express from 'express'
import session from 'express-session'
import helmet from 'helmet'
import passport from 'passport'
import { log } from './log'
import './strategy'
import { articles } from './routes/articles'
import { ping } from './routes/ping'
import { uploads } from './routes/uploads'

const app = express()
app.use(helmet())
app.use(ping)
app.use(express.json())
app.use(session({ secret: 'only for development', resave: false, saveUninitialized: false }))
app.use(passport.initialize())
app.use('/articles', articles)
app.use('/uploads', uploads)

const port = Number(process.env.PORT ?? 4000)
app.listen(port, '127.0.0.1', () => log.info('listening', { port }))
