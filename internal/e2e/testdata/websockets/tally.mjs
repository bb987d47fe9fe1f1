// tally counts what one crowd of clients has seen; runs in Node and in a browser.
// Echoes and pushes are numbered: per connection each is to come once and in order.
export class Tally {
  opened = 0; sent = 0; owed = 0; moved = 0; other = 0
  closes = {}; back = []
  echoes = { received: 0, lost: 0, doubled: 0, disordered: 0 }
  pushes = { received: 0, lost: 0, doubled: 0, disordered: 0 }
  longest = 0 // silence, ms
  versions = {} // of the newest message: how many connections are at it
}

export class Connection {
  #tally; #next = {}; #missing = { echoes: new Set(), pushes: new Set() }
  #heard = performance.now(); #version = 0; #echoed = 0
  constructor(tally, first) {
    this.#tally = tally
    this.#next.echoes = this.first = this.last = first
  }

  // number is the number of the next message to be sent.
  number() {
    this.#tally.sent++
    return this.last++
  }

  hear(message, mine) {
    const tally = this.#tally, now = performance.now()
    tally.longest = Math.max(tally.longest, now - this.#heard)
    this.#heard = now
    if (message.version) {
      if (this.#version && this.#version !== message.version) tally.moved++
      if (this.#version) tally.versions[this.#version]--
      this.#version = message.version
      tally.versions[this.#version] = (tally.versions[this.#version] || 0) + 1
    }
    if (message.event) return this.#take('pushes', message.event)
    const [, who, number] = /^(.*) message (\d+)$/.exec(message.echo ?? '') ?? []
    if (who !== mine || number < this.first || number >= this.last) return void tally.other++
    this.#take('echoes', Number(number))
  }

  #take(kind, n) {
    const t = this.#tally[kind], missing = this.#missing[kind], next = this.#next[kind] ?? n
    t.received++
    if (n >= next) {
      for (let i = next; i < n && missing.size < 10000; i++) { missing.add(i); t.lost++ }
      this.#next[kind] = n + 1
    } else if (missing.delete(n)) {
      t.lost--
      t.disordered++
    } else {
      t.doubled++
      return
    }
    if (kind === 'echoes') this.#echoed++
  }

  // whole says that every echo has come.
  get whole() { return this.#echoed === this.last - this.first }

  // ended books the end of the connection: nothing more comes.
  ended() {
    this.#tally.owed += this.last - this.first - this.#echoed - this.#missing.echoes.size
    if (this.#version) this.#tally.versions[this.#version]--
  }
}
