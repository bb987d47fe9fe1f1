// Counts without a pause, holds a lease, and watches, and says what went wrong.
import http from 'node:http'
import { generation, getState, incrementState, lease, listState, onDrain, setState, watchState } from 'hotswap'

const wrong = []
process.on('warning', ({ message }) => message.includes('watchState has ended') || wrong.push(message)) // an upgrade ends it
process.on('unhandledRejection', (error) => wrong.push(error.stack))

let counted = 0
let ends = false
const counting = (async () => {
  for (; !ends; counted++) await incrementState('count')
})().catch((error) => wrong.push(error.stack))

const finish = async () => {
  ends = true
  await counting
  await setState(`counted/${generation}`, { counted, wrong })
}
onDrain(async ({ drained }) => {
  if (await drained) await finish()
})
lease('job', () => void setState('holder', generation))
let seen = 0
await watchState('count', ({ value }) => (seen = value))

http.createServer(async (req, res) => {
  if (req.url === '/end') await finish()
  const all = []
  for (const { key } of await listState('counted/')) all.push(await getState(key))
  res.end(JSON.stringify({ count: await getState('count'), counted, seen, holder: await getState('holder'), generation, all, wrong }))
}).listen(Number(process.env.PORT), '127.0.0.1')
