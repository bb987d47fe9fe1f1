import { parse } from 'csv-parse/sync'
import { XMLBuilder } from 'fast-xml-parser'
import Handlebars from 'handlebars'
import { DateTime } from 'luxon'
import { marked } from 'marked'
import slugify from 'slugify'
import { stringify } from 'yaml'
import { byMonth } from './orders.js'

const title = 'Sales by month'
const page = Handlebars.compile(`# {{title}}

| month | total |
|---|---|
{{#each months}}| {{month}} | {{total}} |
{{/each}}

{{at}}`)
const xml = new XMLBuilder({ format: true })

export const formats = ['html', 'xml', 'yaml', 'json'] as const
export type Format = (typeof formats)[number]

/** The report's file name and text. */
export async function report(format: Format): Promise<{ name: string; text: string }> {
  const months = await byMonth()
  const name = `${slugify.default(title, { lower: true })}.${format}`
  switch (format) {
    case 'html':
      return { name, text: await marked(page({ title, months, at: DateTime.utc().toLocaleString(DateTime.DATE_FULL) })) }
    case 'xml':
      return { name, text: xml.build({ report: { title, month: months } }) }
    case 'yaml':
      return { name, text: stringify({ title, months }) }
    case 'json':
      return { name, text: JSON.stringify({ title, months }) }
  }
}

/** Reads orders from a file with columns. */
export const read = (csv: string): Record<string, string>[] => parse(csv, { columns: true, trim: true })
