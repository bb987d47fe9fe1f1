// The database is in a process of its own (npm run db), so several of these can run at a time.
import { Pool } from 'pg'
import { serve } from './server.ts'

const pool = new Pool({ host: process.cwd(), user: 'postgres', max: 4 }) // the folder of .s.PGSQL.5432
await serve(pool, () => pool.end())
