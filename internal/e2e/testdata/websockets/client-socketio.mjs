// node client-socketio.mjs PORT CLIENTS: clients by socket.io's own library, which
// comes back by itself.
import { io } from 'socket.io-client'
import { report } from './report.mjs'
import { Connection, Tally } from './tally.mjs'

const [port, clients] = process.argv.slice(2)
const tally = new Tally()
let over = false
const all = Array.from({ length: Number(clients) }, (_, i) => new Promise((done) => {
  const name = `client ${i + 1}`
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50 })
  let connection, number = 1, ended = 0, late = 0
  socket.on('connect', () => {
    tally.opened++
    if (ended) tally.back.push(performance.now() - ended)
    connection = new Connection(tally, number)
    // The library says 'transport close' and no code: that is the engine's.
    socket.io.engine.transport.ws.addEventListener('close', (event) => {
      if (!over) tally.closes[event.code] = (tally.closes[event.code] || 0) + 1
    })
  })
  socket.on('message', (text) => connection.hear(JSON.parse(text), name))
  socket.on('disconnect', () => {
    ended = performance.now()
    connection.ended()
    number = connection.last
    connection = undefined
  })
  const speak = setInterval(() => {
    if (!over) return connection && socket.send(`${name} message ${connection.number()}`)
    if (connection && !connection.whole && ++late < 100) return
    clearInterval(speak)
    socket.disconnect()
    done()
  }, 40)
}))
report(tally, () => {
  over = true
  return Promise.all(all)
})
