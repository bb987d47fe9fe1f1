// Its own first line instruments the program.
require('./otel.cjs')
require('./app.cjs')
