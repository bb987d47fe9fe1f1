// Package ui prints every line that hotswap shows: prose for people, or one JSON object a
// line with --log json. Only the command itself imports it: the other packages report what
// happens through small interfaces of their own, which Printer implements.
//
// Printing never blocks the supervisor's loop: see AsyncWriter.
package ui

import (
	"io"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Printer prints a line about everything that people want to know: prose for a terminal,
// or fields with --log json. Where a method has no comment, its message says what it prints. Any goroutine may call the
// methods, unless they are said to run in the supervisor's loop.
type Printer struct {
	logger
	Config // constant

	// Only the supervisor's loop uses these.
	hinted      bool   // the hint about keys was printed
	stoppingNow bool   // hotswap stops at once, so connections are cut as expected
	behind      string // why no package is loaded ahead, as it was printed last
	injects     bool   // the line about hotswap's own sockets was printed
}

type Config struct {
	Out    *AsyncWriter
	Events io.Writer // gets each line as JSON; a write does not block
	options.Options
	KeysWork func() bool                                          // reports whether keys are commands now
	Owner    func(e handoff.Endpoint) (pid int, name, dir string) // which process listens there; pid 0: unknown
	Install  func(error) string                                   // says why packages are not found
	Queues   func() []handoff.Endpoint                            // at which clients wait while nothing serves
}

func New(c Config) *Printer {
	return &Printer{logger: newLogger(c.Out, c.Events, c.JSON, c.Verbose), Config: c}
}

// Notice prints what the supervisor reports. It runs in the supervisor's loop.
func (p *Printer) Notice(n report.Notice) {
	p.generation(n)
	p.drain(n)
	p.build(n)
	p.standby(n)
	p.sockets(n)
}
