// Its own first line instruments the program.
import './traced.mjs'
import './app.mjs'
