// What all servers here do with a client: echo what it says, and push the ticks of
// the clock to it, 20 a second, as a source is that every process can read. A client
// hears the ticks after its opening.
const version = Number(process.env.HOTSWAP_GENERATION || 1)
const pid = process.pid
const now = () => Math.floor(Date.now() / 50)

const clients = new Map() // send → the last tick that it was told
let pushed = now()
setInterval(() => {
  for (; pushed < now(); ) {
    pushed++
    for (const [send, last] of clients) if (pushed > last) send(JSON.stringify({ event: pushed, version, pid }))
  }
}, 50).unref()

const opened = (send) => clients.set(send, now())
const closed = (send) => clients.delete(send)
const echo = (text) => JSON.stringify({ echo: String(text), version, pid })
const pong = () => ({ pong: true, version, pid })

module.exports = { opened, closed, echo, pong }
