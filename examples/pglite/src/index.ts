// The database is in this process: PGlite, of which there can be only one in a folder at a time.
import { PGlite } from '@electric-sql/pglite'
import { serve } from './server.ts'

const db = await PGlite.create('./data')
await serve(db, () => db.close())
