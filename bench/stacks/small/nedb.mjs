import Datastore from '@seald-io/nedb'
import { serve } from './web.mjs'

const db = new Datastore({ filename: 'rows.db', autoload: true })
serve({ add: (id) => db.insertAsync({ id }), list: async () => (await db.findAsync({})).map(({ id }) => id) })
