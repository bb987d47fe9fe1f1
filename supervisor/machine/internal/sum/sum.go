// Package sum has what goes into the machines and what comes out: an [Event] and an [Effect]. Both are
// closed: only packages below supervisor/machine can name a [Seal], so only these can add a type, and a
// test of internal/archtest checks that each type switch has a case for every type.
package sum

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Seal closes [Event] and [Effect].
type Seal struct{}

// Event is anything that happens.
type Event interface{ IsEvent(Seal) }

// Effect is an action that a machine asks for.
type Effect interface{ IsEffect(Seal) }

type (
	// Notify tells the readers that something has happened.
	Notify struct{ report.Notice }

	// Reply gives the result of a command to the caller that waits for it.
	Reply struct {
		Token  report.Token
		Result report.Result
	}
)

func (Notify) IsEffect(Seal) {}
func (Reply) IsEffect(Seal)  {}

// Effects are what the machines ask for in a step, in their order.
type Effects struct{ list []Effect }

// Emit adds effects.
func (e *Effects) Emit(fx ...Effect) { e.list = append(e.list, fx...) }

// Notify adds a notice.
func (e *Effects) Notify(n report.Notice) { e.Emit(Notify{n}) }

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
