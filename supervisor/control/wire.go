package control

import "errors"

// Result is what came of a command.
type Result struct {
	Outcome    string `json:"outcome"`
	Generation int    `json:"generation,omitempty"` // that was started, or steered back to
	Reason     string `json:"reason,omitempty"`     // why it failed
}

// What Result.Outcome may be.
const (
	OutcomeServes     = "serves"     // swap: the new generation does
	OutcomeFailed     = "failed"     // swap: it does not; the old one serves on, if there is one
	OutcomeRuns       = "runs"       // swap: the new generation does, and listens on nothing
	OutcomeFinished   = "finished"   // swap: it did its work and ended, with code 0
	OutcomeUnready    = "unready"    // swap: it runs, but is not ready in time; Reason says what it lacks, if that is known
	OutcomeRolledBack = "rolledback" // rollback: Generation serves again
	OutcomeNothing    = "nothing"    // rollback: no older generation can serve any more
	OutcomeStopped    = "stopped"    // stop: nothing runs any more
	OutcomeStopping   = "stopping"   // swap, rollback: not done, hotswap is ending
)

// errorBody is the body of an answer that is none.
type errorBody struct {
	Error string `json:"error"`
	Code  string `json:"code,omitempty"`
}

// What fault.Code may be.
const (
	// CodeMoved: another hotswap has taken over and answers at the same path.
	CodeMoved = "moved"
	// CodeForbidden: the caller is another user.
	CodeForbidden = "forbidden"
)

var (
	// ErrMoved is for an [Instance] whose place another hotswap has taken. The
	// client asks again, at the same path.
	ErrMoved = errors.New("another hotswap has taken over")

	// ErrNobody occurs when nobody listens at the path: that hotswap has ended.
	ErrNobody = errors.New("no hotswap answers there")
)
