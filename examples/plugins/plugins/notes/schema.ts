import type { Column } from '../../src/plugin'

export const schema = { id: 'number', text: 'string' } as const satisfies Record<string, Column>
