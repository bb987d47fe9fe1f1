import 'reflect-metadata'
import cors from '@koa/cors'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import compress from 'koa-compress'
import helmet from 'koa-helmet'
import { database } from './database'
import { books } from './routes/books'
import { ping } from './routes/ping'

const app = new Koa()
app.use(helmet())
app.use(cors())
app.use(ping.routes())
app.use(compress())
app.use(bodyParser())
app.use(books.routes())

database.initialize().then(() => app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1'))
