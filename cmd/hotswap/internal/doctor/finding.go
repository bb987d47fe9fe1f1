package doctor

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// verdict is what a probe came to.
type verdict string

const (
	Works   verdict = "ok"
	Missing verdict = "no"
	Apart   verdict = "--" // not applicable, or told for information
)

// finding is what one probe found out.
type Finding struct {
	ID      string  `json:"id"` // of the probe
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Text    string  `json:"text"`
	Why     string  `json:"why,omitempty"` // missing only
	Do      string  `json:"do,omitempty"`  // missing only: what to do about it
}

func okf(format string, args ...any) Finding {
	return Finding{Verdict: Works, Text: fmt.Sprintf(format, args...)}
}

func apartf(format string, args ...any) Finding {
	return Finding{Verdict: Apart, Text: fmt.Sprintf(format, args...)}
}

// no is a finding of something that does not work.
func no(text, why, do string) Finding {
	return Finding{Verdict: Missing, Text: text, Why: why, Do: do}
}

// Probes whose findings decide how hotswap works here.
const (
	IdSystem   = "system"
	IdSeccomp  = "seccomp"
	IdWait     = "wait-killable"
	IdKeeper   = "keeper"
	IdGetFD    = "pidfd-getfd"
	IdMemory   = "memory"
	IdAddFD    = "addfd"
	IdSteer    = "steer"
	IdLeave    = "leave"
	IdSockDiag = "sock-diag"
	IdSwap     = "swap"
	IdInotify  = "inotify"
	IdEvents   = "events"
)

// diagnosis is what follows from all findings.
type Diagnosis struct {
	Code      int       `json:"code"` // hotswap doctor's exit code
	Way       string    `json:"way"`  // "intercept", "listenfds" or "plain"
	Fallbacks []string  `json:"fallbacks,omitempty"`
	Findings  []Finding `json:"findings"`
}

// conclude decides. A probe that was not made, or does not apply, is not
// against anything.
func conclude(findings []Finding) Diagnosis {
	d := Diagnosis{Findings: findings}
	bad := map[string]bool{}
	for _, f := range findings {
		bad[f.ID] = f.Verdict == Missing
	}
	fallback := func(text string, ids ...string) {
		for _, id := range ids {
			if bad[id] {
				d.Fallbacks = append(d.Fallbacks, text)
				d.Code = exit.CodeFailed
				return
			}
		}
	}
	steers := !bad[IdSystem] && !bad[IdKeeper] && !bad[IdSteer] && !bad[IdLeave]
	intercepts := !bad[IdSeccomp] && !bad[IdMemory] && !(bad[IdGetFD] && bad[IdAddFD])
	switch {
	case steers && intercepts:
		d.Way = "intercept"
		fallback("hotswap puts its own sockets in place of the program's (ADDFD)", IdGetFD)
		fallback("kept connections in use are cut when the old process ends", IdGetFD)
		fallback("after a crash the port is bound again: clients who wait there are reset", IdAddFD)
		fallback("a bind or listen that a signal interrupts is answered twice", IdWait)
	case steers:
		d.Way = "listenfds"
		fallback("only addresses of --listen are handed over, by LISTEN_FDS; without --listen, plain restarts",
			IdSeccomp, IdMemory, IdGetFD)
	default:
		d.Way, d.Code = "plain", exit.CodeUnavailable
		d.Fallbacks = []string{"plain restarts: the port is closed between two generations"}
		return d
	}
	fallback("the old process gets its stop signal at once, without waiting for its clients", IdSockDiag)
	if d.Way == "intercept" && !bad[IdGetFD] {
		fallback("no fallback: the swap fails although its parts work; please report it", IdSwap)
	}
	fallback("files are polled (--poll)", IdInotify, IdEvents)
	return d
}
