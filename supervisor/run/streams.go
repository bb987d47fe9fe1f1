package run

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Console gives each generation its standard streams, as package console does.
type Console interface {
	// Open calls found when the output shows that the program can serve.
	Open(gen report.GenID, kept bool, found func(), hear func(line string)) (Streams, error)
}

// Streams are the standard streams of one generation.
type Streams interface {
	Stdio() [3]int
	Started()
	Go()
	Flush()
	Last() []string // of output that was kept back, after Close only
	Close()
}
