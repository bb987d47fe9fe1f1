import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'

export function live(server: Server) {
  const sockets = new WebSocketServer({ server, path: '/live' })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
}
