// Notes over HTTP, wherever the database is.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { version } from './version.ts'

/** What both kinds of database can do. */
export interface Database {
  query(sql: string, values?: unknown[]): Promise<{ rows: any[] }>
}

/** Serves until SIGTERM, then calls close. */
export async function serve(db: Database, close: () => Promise<unknown>) {
  await db.query('create table if not exists notes (text text not null)')

  const server = createServer(async (req, res) => {
    const answer = (o: object) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...o, version, pid: process.pid }))
    try {
      if (req.method === 'POST') {
        const note = await text(req)
        await db.query('insert into notes values ($1)', [note])
        answer({ echo: note })
      } else if (req.url === '/notes') {
        answer({ notes: (await db.query('select text from notes')).rows.map((r) => r.text) })
      } else {
        answer({ pong: true, ...(await db.query('select count(*)::int as notes from notes')).rows[0] })
      }
    } catch (err) {
      res.writeHead(500).end(String(err))
    }
  })

  server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1')

  process.on('SIGTERM', () => {
    server.close(() => close().then(() => process.exit(0)))
    server.closeIdleConnections()
  })
}
