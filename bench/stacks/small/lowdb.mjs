import { JSONFilePreset } from 'lowdb/node'
import { serve } from './web.mjs'

const db = await JSONFilePreset('rows.json', { rows: [] })
serve({ add: (id) => db.update(({ rows }) => rows.push(id)), list: () => db.data.rows })
