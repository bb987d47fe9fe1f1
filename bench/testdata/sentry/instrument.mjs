import * as Sentry from '@sentry/node'

// Without a DSN nothing is sent; what Sentry patches, it patches as ever.
Sentry.init({ tracesSampleRate: 1 })
