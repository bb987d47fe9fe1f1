import { DatabaseSync } from 'node:sqlite'
import { serve } from './web.mjs'

const db = new DatabaseSync('rows.sqlite')
db.exec('pragma journal_mode = wal; create table if not exists rows (id integer); delete from rows where id < 0')
const insert = db.prepare('insert into rows values (?)')
serve({ add: (id) => insert.run(id), list: () => db.prepare('select id from rows').all().map(({ id }) => id) })
