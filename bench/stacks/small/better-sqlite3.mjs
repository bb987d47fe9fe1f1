import Database from 'better-sqlite3'
import { serve } from './web.mjs'

const db = new Database('rows.sqlite')
db.exec('pragma journal_mode = wal; create table if not exists rows (id integer); delete from rows where id < 0')
const insert = db.prepare('insert into rows values (?)')
serve({ add: (id) => insert.run(id), list: () => db.prepare('select id from rows').pluck().all() })
