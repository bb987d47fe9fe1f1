// A counter, a scheduler and a cache, none of which a swap resets.
import http from 'node:http'
import { defineState, generation, getState, incrementState, onDrain, onServe } from 'hotswap-dev'
import { openPool } from './pool.js'
import { loadPrices } from './prices.js'
import './scheduler.js'

const pool = openPool()

// Loading takes a while. It is done once, and each later process gets what the first one has loaded.
const prices = await defineState('prices', loadPrices)

const routes = {
  'GET /': async () => `count ${(await getState('count')) ?? 0}\ngeneration ${generation}\n`,
  'POST /count': async () => String(await incrementState('count')),
  'GET /cache': async () => JSON.stringify({ value: prices, runs: await getState('prices/runs') }),
  'GET /healthz': async () => ((await pool.query('select 1')) ? 'ok\n' : 'no database\n'),
}

const server = http.createServer(async (req, res) => {
  const answer = routes[`${req.method} ${req.url}`]
  try {
    res.statusCode = answer ? 200 : 404
    res.end(answer ? await answer() : 'no such page\n')
  } catch (error) {
    res.statusCode = 500
    res.end(`${error.message}\n`)
  }
})
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1')

onServe(() => console.log(`generation ${generation} serves`))

// Called when the next process serves. If that one fails, this one serves again, and drained is false.
onDrain(async ({ drained }) => {
  if (!(await drained)) return
  await pool.end()
  console.log(`generation ${generation} has closed its pool`)
})
