import type { Column } from '../../src/plugin'

export const schema = { note: 'number', name: 'string' } as const satisfies Record<string, Column>
