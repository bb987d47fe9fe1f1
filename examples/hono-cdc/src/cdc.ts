import { adopted, onHandoff } from 'hotswap-dev'
import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Customer, Database } from './database.js'
import { version } from './version.js'

/** Where a client is in the feed. */
type Position = {
  /** events that it has had */
  events: number
  /** the last customer that it knows of */
  customer: number
}

/**
 * Serves a feed of changes on /internal/cdc: events numbered from 1 on each
 * connection, a heartbeat among them, and an echo of whatever the client sends. A
 * connection that hotswap brings from the process before goes on where it was.
 */
export function attachCdc(server: Server, database: Database): void {
  const sockets = new WebSocketServer({ noServer: true })
  const positions = new Map<WebSocket, Position>()
  const tell = (client: WebSocket, what: object) => client.send(JSON.stringify({ ...what, version, pid: process.pid }))
  const next = (client: WebSocket, position: Position, change: Customer | null) => {
    position.events += 1
    if (change) position.customer = change.id
    tell(client, { event: position.events, change })
  }
  const broadcast = (change: Customer | null) => {
    for (const [client, position] of positions) next(client, position, change)
  }

  server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/internal/cdc') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
  })
  sockets.on('connection', (client) => {
    const position = adopted<Position>(client)?.state ?? { events: 0, customer: database.last() }
    for (const customer of database.list()) {
      if (customer.id > position.customer) next(client, position, customer)
    }
    positions.set(client, position)
    onHandoff(client, () => position)
    client.on('close', () => positions.delete(client))
    client.on('message', (data) => tell(client, { echo: data.toString() }))
    client.on('error', (error) => console.error('cdc client:', error.message))
  })
  database.on('change', broadcast)
  setInterval(() => broadcast(null), 50)
}
