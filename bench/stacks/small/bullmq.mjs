import { Queue, Worker } from 'bullmq'
import { add, list } from './log.mjs'
import { serve } from './web.mjs'

const connection = { path: 'redis.sock' }
const queue = new Queue('rows', { connection })
const worker = new Worker('rows', ({ data }) => add(data.id), { connection: { ...connection, maxRetriesPerRequest: null } })
process.on('SIGTERM', async () => { await worker.close(); process.exit() })
serve({ add: (id) => queue.add('row', { id }), list })
