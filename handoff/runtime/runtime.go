// Package runtime prepares the next process of a program ahead, whatever language
// runtime executes the program.
//
// A [Runtime] knows one language: how to find the program's main process, what that has
// loaded, and what a standby may load before the program's own code runs. [Manager] does
// what is the same for all languages. Below are the packages that the languages share:
// assets unpacks the files that a program's processes load, reports collects what they
// report, and standby has the waiting process itself.
package runtime

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// Runtime is a language runtime whose processes can be prepared ahead, and can be asked
// what they have loaded.
type Runtime interface {
	// Rules say which processes may lead to the main process.
	Rules() standby.Rules
	// Inspect asks a generation's processes what they have loaded, and returns the main
	// one. The error is a [handoff.Unknown] if none of them is of this runtime.
	Inspect(ctx context.Context, gen handoff.GenID, tree func() []int) (standby.Program, []standby.Process, error)
}
