import { Hono } from 'hono'
import OpenAI from 'openai'

const client = new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 })

export const chat = new Hono().post('/', async (c) => {
  const { prompt } = await c.req.json()
  try {
    const answer = await client.chat.completions.create({ model: 'some-model', messages: [{ role: 'user', content: prompt }] })
    return c.json(answer.choices[0])
  } catch (error) {
    return c.json({ error: error instanceof OpenAI.APIError ? error.message : String(error) }, 502)
  }
})
