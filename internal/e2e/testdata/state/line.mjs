// Asks a line server for numbers, one after the other, over one connection for all
// generations, and writes each number to the file that GOT names.
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { keep, kept, lease } from 'hotswap'

lease('line', async (signal) => {
  let socket = await kept('line')
  if (!socket) {
    socket = net.connect(Number(process.env.LINE_PORT), '127.0.0.1')
    await once(socket, 'connect')
    await keep('line', socket)
  }
  const lines = (async function* () {
    let text = ''
    for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      text += chunk
      for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) yield text.slice(0, end)
    }
  })()
  const ask = async (word) => {
    socket.write(word + '\n')
    return (await lines.next()).value
  }
  // What is left of the question of a process that was killed comes first.
  const sync = `sync ${process.pid}`
  for (let line = await ask(sync); line !== sync; line = (await lines.next()).value);
  while (!signal.aborted) fs.appendFileSync(process.env.GOT, (await ask('next')) + '\n')
  socket.destroy() // its own side of it: the connection goes on
})

http.createServer((req, res) => res.end(`${process.pid}`)).listen(Number(process.env.PORT), '127.0.0.1')
