// npm run openapi: describes the API in openapi.json, for clients in other repositories.
import { writeOpenApi } from '../src/app.js'
import { Database } from '../src/database.js'

await writeOpenApi(new URL('../openapi.json', import.meta.url), new Database([], async () => {}))
