package control

import (
	"errors"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Result is the outcome of a command.
type Result struct {
	Outcome report.Outcome `json:"outcome"`
	// Generation was started by reload, or serves again after rollback.
	Generation int    `json:"generation,omitempty"`
	Reason     string `json:"reason,omitempty"`  // of a failure
	Files      int    `json:"files,omitempty"`   // resume: have changed since the pause, as far as is known yet
	Ignored    string `json:"ignored,omitempty"` // wait: the files whose newest change starts nothing, a line each
	Pauser     string `json:"hold,omitempty"`    // hold: its name
}

type errorBody struct {
	Error string `json:"error"`
	Code  string `json:"code,omitempty"`
}

// CodeMoved is errorBody.Code when another hotswap has taken over and answers at the same path.
const CodeMoved = "moved"

var (
	// ErrMoved is returned by an [Instance] that another hotswap has replaced. The
	// client then asks again, at the same path.
	ErrMoved = errors.New("another hotswap has taken over")

	// ErrNotRunning reports that no process listens at the path.
	ErrNotRunning = errors.New("no hotswap answers there")
)

// Why says what a change of a file does.
type Why struct {
	File  string   `json:"file"`  // absolute, as hotswap watches it
	Swaps bool     `json:"swaps"` // a generation starts
	Says  []string `json:"says"`  // lines for people: what a change does, and why the file counts
}
