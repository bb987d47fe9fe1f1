// crowd is a number of clients on the standard WebSocket interface, that of a browser
// or of the package ws: each sends every 40 ms and opens again what the server ends.
import { Connection, Tally } from './tally.mjs'

export class Crowd {
  tally = new Tally()
  #over = false
  #clients

  constructor(WebSocket, url, clients) {
    this.#clients = Array.from({ length: clients }, (_, i) => this.#client(WebSocket, url, `client ${i + 1}`))
  }

  // end waits for the last echoes, and leaves.
  async end() {
    this.#over = true
    await Promise.all(this.#clients)
    return this.tally
  }

  async #client(WebSocket, url, name) {
    const tally = this.tally
    let number = 1, ended = 0
    while (!this.#over) {
      const socket = new WebSocket(url)
      let connection, speak
      const code = await new Promise((done) => {
        socket.onopen = () => {
          tally.opened++
          if (ended) tally.back.push(performance.now() - ended)
          connection = new Connection(tally, number)
          let late = 0
          speak = setInterval(() => {
            if (!this.#over) return socket.readyState === 1 && socket.send(`${name} message ${connection.number()}`)
            if (connection.whole || ++late > 100) done(0)
          }, 40)
        }
        socket.onmessage = (event) => connection.hear(JSON.parse(event.data), name)
        socket.onerror = () => {}
        socket.onclose = (event) => done(event.code)
      })
      clearInterval(speak)
      if (connection) {
        connection.ended()
        number = connection.last
      }
      if (code === 0) {
        socket.onmessage = socket.onclose = null
        return socket.close(1000)
      }
      ended = performance.now()
      tally.closes[code] = (tally.closes[code] || 0) + 1
      if (!connection) await new Promise((done) => setTimeout(done, 10)) // it did not open
    }
  }
}
