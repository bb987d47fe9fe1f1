// bun run migrate: applies the migrations of all plugins that the database does not have.
import { Glob } from 'bun'
import { openDatabase } from '../src/database'

const database = openDatabase()
database.run('CREATE TABLE IF NOT EXISTS migrations (file TEXT PRIMARY KEY)')
const applied = database.query('SELECT 1 FROM migrations WHERE file = ?')
for (const file of [...new Glob('plugins/*/migrations/*.sql').scanSync('.')].sort()) {
  if (applied.get(file)) continue
  const text = await Bun.file(file).text()
  database.transaction(() => {
    database.run(text)
    database.run('INSERT INTO migrations VALUES (?)', [file])
  })()
  console.log(`applied ${file}`)
}
database.close()
