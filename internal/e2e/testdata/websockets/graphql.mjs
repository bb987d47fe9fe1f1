// graphql-ws: a client greets (connection_init) and subscribes; nothing comes before.
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import http from 'node:http'
import { WebSocketServer } from 'ws'
import { closed, opened, pong } from './feed.cjs'

const int = { type: new GraphQLNonNull(GraphQLInt) }
const Tick = new GraphQLObjectType({ name: 'Tick', fields: { event: int, version: int, pid: int } })

async function* ticks() {
  const waiting = []
  let wake = () => {}
  const send = (text) => { waiting.push(JSON.parse(text)); wake() }
  opened(send)
  try {
    for (;;) {
      while (waiting.length) {
        const tick = waiting.shift()
        // GraphQL's integers have 32 bits.
        yield { tick: { ...tick, event: tick.event % 2 ** 31 } }
      }
      await new Promise((done) => (wake = done))
    }
  } finally {
    closed(send)
  }
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { version: int } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { tick: { type: Tick, subscribe: ticks } },
  }),
})
const server = http.createServer((req, res) => res.end(JSON.stringify(pong())))
useServer({ schema }, new WebSocketServer({ server, path: '/feed' }))
server.listen(process.env.PORT, '127.0.0.1')
