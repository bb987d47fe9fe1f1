import knex from 'knex'

export const db = knex({ client: 'pg', connection: 'postgres://app@127.0.0.1:5432/app', pool: { min: 0, max: 5 } })
