// Package admin answers what monitoring asks of hotswap.
//
//	GET /metrics  counters, gauges and histograms in the text format of Prometheus
//	GET /healthz  200: hotswap lives
//	GET /readyz   200: a generation serves; else 503. The body says why, in one line
//
// The answers hold nothing secret: numbers, states, and how a process ended. After an upgrade the counters start at 0.
package admin
