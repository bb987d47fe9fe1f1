import type { Tables } from '../../src/generated/plugins'
import type { Plugin } from '../../src/plugin'

const tags: Plugin = (database) => () =>
  Response.json(database.query<Tables['tags'], []>('SELECT * FROM tags ORDER BY name').all())
export default tags
