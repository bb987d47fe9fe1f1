import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Customer, Database } from './database.js'
import { version } from './version.js'

/**
 * Serves a feed of changes on /internal/cdc: events numbered from 1 in each
 * process, a heartbeat among them, and an echo of whatever the client sends.
 */
export function attachCdc(server: Server, database: Database): void {
  const sockets = new WebSocketServer({ noServer: true })
  let event = 0
  const tell = (socket: WebSocket, what: object) =>
    socket.send(JSON.stringify({ ...what, version, pid: process.pid }))
  const broadcast = (change: Customer | null) => {
    event += 1
    for (const socket of sockets.clients) tell(socket, { event, change })
  }

  server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/internal/cdc') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
  })
  sockets.on('connection', (client) => {
    client.on('message', (data) => tell(client, { echo: data.toString() }))
    client.on('error', (error) => console.error('cdc client:', error.message))
  })
  database.on('change', broadcast)
  setInterval(() => broadcast(null), 50)
}
