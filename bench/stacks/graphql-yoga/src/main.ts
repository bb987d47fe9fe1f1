import { useServer } from 'graphql-ws/use/ws'
import { createYoga } from 'graphql-yoga'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { ping } from './ping.js'
import { schema } from './schema.js'

const yoga = createYoga({ schema, logging: 'warn', graphqlEndpoint: '/graphql' })
const server = createServer((request, response) => {
  if (!ping(request, response)) yoga(request, response)
})
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }))
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1')
