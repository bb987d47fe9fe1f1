import type { Tables } from '../../src/generated/plugins'
import type { Plugin } from '../../src/plugin'

const notes: Plugin = (database) => async (request) => {
  if (request.method === 'POST') {
    database.run('INSERT INTO notes (text) VALUES (?)', [await request.text()])
  }
  return Response.json(database.query<Tables['notes'], []>('SELECT * FROM notes').all())
}
export default notes
