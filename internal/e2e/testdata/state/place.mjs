// Notes in the state what the package tells this generation, and answers with it.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineState, generation, lease, onDrain, onServe, updateState } from 'hotswap'

const note = (what) => updateState('notes', (notes = []) => [...notes, `${generation} ${what}`])
const made = await defineState('made', () => generation)

onServe(() => note('serves'))
onDrain(async ({ drained }) => {
  await note('drains')
  const is = await drained
  await sleep(300) // hotswap waits
  await note(is ? 'has drained' : 'serves on')
})
lease('job', async () => {
  await note('begins the job')
  return () => note('ends the job')
})

http.createServer(async (req, res) => {
  const notes = await updateState('notes', (notes = []) => notes)
  res.end(JSON.stringify({ made, generation, notes }))
}).listen(Number(process.env.PORT), '127.0.0.1')
