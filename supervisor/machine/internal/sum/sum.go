// Package sum has what goes into the machines and what comes out: an [Event] and an [Effect]. Both are
// closed: only packages below supervisor/machine can name a [Seal], so only these can add a type, and a
// test of internal/archtest checks that each type switch has a case for every type.
package sum

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Seal closes [Event] and [Effect].
type Seal struct{}

// Event is anything that happens. Each has an [AnEvent], which makes it one.
type Event interface{ IsEvent(Seal) }

// Effect is an action that a machine asks for. Each has an [AnEffect].
type Effect interface{ IsEffect(Seal) }

type (
	AnEvent  struct{}
	AnEffect struct{}
)

func (AnEvent) IsEvent(Seal)   {}
func (AnEffect) IsEffect(Seal) {}

type (
	// Notify tells the readers that something has happened.
	Notify struct {
		AnEffect
		report.Notice
	}

	// Reply gives the result of a command to the caller that waits for it.
	Reply struct {
		AnEffect
		Token  report.Token
		Result report.Result
	}
)

// Effects are what the machines ask for in a step, in their order.
type Effects struct{ list []Effect }

// Emit adds effects.
func (e *Effects) Emit(fx ...Effect) { e.list = append(e.list, fx...) }

// Notify adds a notice.
func (e *Effects) Notify(n report.Notice) { e.Emit(Notify{Notice: n}) }

// Answer replies to each of the callers.
func (e *Effects) Answer(tokens []report.Token, r report.Result) {
	for _, t := range tokens {
		e.Emit(Reply{Token: t, Result: r})
	}
}

// Take returns the effects since the last call.
func (e *Effects) Take() []Effect {
	out := e.list
	e.list = nil
	return out
}
