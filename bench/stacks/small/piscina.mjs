import { Piscina } from 'piscina'
import { serve } from './web.mjs'

const pool = new Piscina({ filename: import.meta.resolve('./job.mjs'), minThreads: 2, maxThreads: 2 })
serve({ version: () => pool.run({}) })
