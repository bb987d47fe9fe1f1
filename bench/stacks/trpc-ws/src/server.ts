import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { ping } from './ping.js'
import { router } from './router.js'
import { createContext } from './trpc.js'

const handler = createHTTPHandler({ router, createContext })
const server = createServer((request, response) => {
  if (!ping(request, response)) handler(request, response)
})
applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext: () => ({ user: undefined }) })
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1')
