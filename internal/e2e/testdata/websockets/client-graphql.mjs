// node client-graphql.mjs PORT CLIENTS PATH: clients by the library graphql-ws; each
// has one subscription and sends nothing more.
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { report } from './report.mjs'
import { Connection, Tally } from './tally.mjs'

const [port, clients, path] = process.argv.slice(2)
const tally = new Tally()
const all = Array.from({ length: Number(clients) }, () => {
  let connection
  const client = createClient({
    url: `ws://127.0.0.1:${port}${path}`, webSocketImpl: WebSocket, retryAttempts: Infinity, retryWait: async () => {}, shouldRetry: () => true,
    on: {
      connected: () => {
        tally.opened++
        connection = new Connection(tally, 1)
      },
      closed: (event) => {
        if (connection) connection.ended()
        if (event.code !== 1000) tally.closes[event.code] = (tally.closes[event.code] || 0) + 1
      },
    },
  })
  client.subscribe({ query: 'subscription { tick { event version pid } }' }, {
    next: ({ data }) => connection.hear(data.tick),
    error: (error) => console.error('subscription:', error),
    complete: () => {},
  })
  return client
})
report(tally, () => Promise.all(all.map((client) => client.dispose())))
