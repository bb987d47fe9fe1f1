// Notes over HTTP, kept in PostgreSQL.
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { version } from './version.js'

// 6432 is pgbouncer, 5432 PostgreSQL itself.
const pool = new pg.Pool({ host: resolve('data'), port: process.env.DATABASE_PORT ?? 6432, user: 'app', database: 'postgres', max: 4 })
await pool.query('create table if not exists notes (text text not null)')

const server = createServer(async (req, res) => {
  const answer = (o) =>
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...o, version, pid: process.pid }))
  try {
    if (req.method === 'POST') {
      const note = await text(req)
      await pool.query('insert into notes values ($1)', [note])
      answer({ echo: note })
    } else if (req.url === '/notes') {
      answer({ notes: (await pool.query('select text from notes')).rows.map((r) => r.text) })
    } else {
      answer({ pong: true, ...(await pool.query('select count(*)::int as notes from notes')).rows[0] })
    }
  } catch (err) {
    res.writeHead(500).end(String(err))
  }
})

server.listen(process.env.PORT ?? 4000, '127.0.0.1')

process.on('SIGTERM', () => {
  server.close(() => pool.end())
  server.closeIdleConnections()
})
