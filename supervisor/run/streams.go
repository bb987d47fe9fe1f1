package run

import (
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Console gives each generation its standard streams; see [console.Console].
type Console interface {
	// Open calls ready with how it was found that the program can serve, as "log".
	Open(gen report.GenID, kept bool, ready func(by string), hear func(line string)) (Streams, error)
}

// Streams are the standard streams of one generation; see [console.Streams].
type Streams interface {
	Stdio() [3]int
	Started()
	Go()
	Flush()
	Last() []string // of output that was kept back, after Close only
	Close()
}

// Relayed is the console whose relays pass on what generations write.
type Relayed struct{ *console.Console }

// Open returns the streams of one generation.
func (r Relayed) Open(gen report.GenID, kept bool, ready func(by string), hear func(line string)) (Streams, error) {
	return r.Console.Open(int(gen), kept, func() { ready("log") }, hear)
}
