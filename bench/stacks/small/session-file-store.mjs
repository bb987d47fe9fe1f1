// Each row is a login, whose session is a file.
import { readdir, readFile } from 'node:fs/promises'
import express from 'express'
import session from 'express-session'
import files from 'session-file-store'
import { handler } from './web.mjs'

const store = new (files(session))({ path: 'sessions', logFn() {} })
const app = express()
app.use('/rows', session({ store, secret: 'none', resave: false, saveUninitialized: false }))
app.use((request, response) => handler({
  add: (id) => new Promise((done) => { request.session.row = id; request.session.save(done) }),
  list: async () => Promise.all((await readdir('sessions')).map(async (name) => JSON.parse(await readFile(`sessions/${name}`, 'utf8')).row)),
})(Object.assign(request, { url: request.originalUrl }), response))
app.listen(process.env.PORT, '127.0.0.1')
