// A job that must never run twice at a time, nor stop for long.
import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { generation, lease } from 'hotswap-dev'

const file = process.env.TICKS

async function job() {
  note('begin')
  await pause(20)
  note('end')
}

function note(word) {
  if (file) appendFileSync(file, `${word} ${generation} ${process.pid} ${Date.now()}\n`)
}

// The next process gets the lease when this function has ended, so a job that has begun is done.
lease('scheduler', async (signal) => {
  while (!signal.aborted) {
    await job()
    await pause(100, null, { signal }).catch(() => {})
  }
})
