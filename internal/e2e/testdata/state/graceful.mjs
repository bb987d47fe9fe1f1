// Ends by itself after SIGTERM, and has a lease whose job takes 500 ms.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { lease } from 'hotswap'

lease('job', async (signal) => {
  while (!signal.aborted) await sleep(500)
})

const server = http.createServer((req, res) => res.end('well\n')).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => server.close())
