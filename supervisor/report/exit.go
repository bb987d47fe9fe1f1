package report

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Exit is how the first process of a program ended.
type Exit = handoff.Exit

// PostMortem is what is known of an end besides the exit.
type PostMortem struct {
	Reason string `json:"reason"`          // the exit, and what it means
	Quote  string `json:"error,omitempty"` // the line of Last that names the cause; "": none does
	// of that in the project's source, such as src/a.ts:3:9; "": Last tells none
	Place string `json:"place,omitempty"`
	// the last lines of standard error, if they are known, without a runtime's own
	Last []string `json:"output,omitempty"`
}

// Cause returns the line that names the cause, and where that is in the source; "": no line does.
func (p PostMortem) Cause() string {
	switch {
	case p.Quote == "":
		return ""
	case p.Place == "" || strings.Contains(p.Quote, p.Place):
		return `"` + p.Quote + `"`
	}
	return `"` + p.Quote + `" at ` + p.Place
}
