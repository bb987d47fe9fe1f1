// Sends mail, a line each 700 ms, in four conversations until its standard input ends: none may be cut.
import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, ended, judge } from './seen.mjs'

let begun = 0, cut = 0
const sent = []
async function converse(id) {
  const socket = net.connect(process.env.PORT, '127.0.0.2')
  const replies = socket[Symbol.asyncIterator]()
  const reply = async () => {
    const { value, done } = await replies.next()
    if (done || !/^[23]/.test(value)) throw new Error(`cut: ${value}`)
  }
  try {
    await reply()
    for (const line of ['EHLO here', 'MAIL FROM:<a@here>', 'RCPT TO:<b@here>', 'NOOP', 'NOOP', 'DATA', `${id}\r\n.`]) {
      await pause(700)
      socket.write(`${line}\r\n`)
      await reply()
    }
    sent.push(id)
  } catch (err) {
    if (err.code === 'ECONNREFUSED') await pause(200)
    cut += err.code !== 'ECONNREFUSED'
  }
  socket.destroy()
}
await Promise.all([0, 1, 2, 3].map(async (n) => {
  for (await pause(n * 1000); !ended(); begun++) await converse(100 * begun + n + 1)
}))
const there = new Set(await ask('/rows'))
judge(`${sent.filter((id) => there.has(id)).length} of ${sent.length} mails, ${cut} conversations cut`, cut || sent.some((id) => !there.has(id)))
