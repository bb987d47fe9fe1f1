import { Hono } from 'hono'
import Stripe from 'stripe'

const stripe = new Stripe('sk_test_none', { host: '127.0.0.1', port: 9, protocol: 'http', maxNetworkRetries: 0, telemetry: false })

export const billing = new Hono().post('/webhook', async (c) => {
  const payload = await c.req.text()
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret: 'whsec_none' })
  return c.json(stripe.webhooks.constructEvent(payload, header, 'whsec_none'))
})
