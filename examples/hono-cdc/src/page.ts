import type { OpenAPIHono } from '@hono/zod-openapi'
import { html } from 'hono/html'
import { Customer, type Database } from './database.js'
import { version } from './version.js'

/**
 * The one line that LiveReload needs: hotswap serves the script with --livereload, and the
 * page reloads when a new version serves.
 */
const liveReload = () =>
  process.env.NODE_ENV === 'development' ? html`<script src="http://localhost:35729/livereload.js"></script>` : ''

/** A page for people: the customers, and a form that adds one. */
export function page(app: OpenAPIHono, database: Database): void {
  app.get('/', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <title>Customers</title>
            ${liveReload()}
          </head>
          <body>
            <h1>Customers</h1>
            <ul>
              ${database.list().map((customer) => html`<li>${customer.name} (${customer.plan})</li>`)}
            </ul>
            <form method="post" action="/">
              <input name="name" placeholder="Name" required />
              <input name="email" type="email" placeholder="Email" required />
              <button>Add</button>
            </form>
            <p>Version <b id="version">${version}</b></p>
          </body>
        </html>`,
    ),
  )
  app.post('/', async (c) => {
    const customer = Customer.omit({ id: true }).safeParse({ ...(await c.req.parseBody()), plan: 'free' })
    if (!customer.success) return c.text('a customer has a name and an email address', 400)
    await database.add(customer.data)
    return c.redirect('/', 303) // so that the page that follows may be reloaded
  })
}
