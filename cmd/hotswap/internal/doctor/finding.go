package doctor

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// Verdict is the result of a probe.
type Verdict string

// The verdicts.
const (
	Works         Verdict = "ok"
	Missing       Verdict = "no"
	NotApplicable Verdict = "--" // or only for information
)

// Finding is what one probe found out.
type Finding struct {
	ID      string  `json:"id"` // of the probe
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
	Why     string  `json:"why,omitempty"` // Missing only
	Do      string  `json:"do,omitempty"`  // Missing only: what to do about it
}

func works(format string, args ...any) Finding {
	return Finding{Verdict: Works, Text: fmt.Sprintf(format, args...)}
}

func notApplicable(format string, args ...any) Finding {
	return Finding{Verdict: NotApplicable, Text: fmt.Sprintf(format, args...)}
}

func missing(text, why, do string) Finding {
	return Finding{Verdict: Missing, Text: text, Why: why, Do: do}
}

// The probes whose findings decide how hotswap works here.
const (
	IDSystem   = "system"
	IDSeccomp  = "seccomp"
	IDWait     = "wait-killable"
	IDKeeper   = "keeper"
	IDGetFD    = "pidfd-getfd"
	IDMemory   = "memory"
	IDAddFD    = "addfd"
	IDSteer    = "steer"
	IDLeave    = "leave"
	IDSockDiag = "sock-diag"
	IDSwap     = "swap"
	IDInotify  = "inotify"
	IDEvents   = "events"
)

// Diagnosis is what follows from all findings.
type Diagnosis struct {
	Code      int       `json:"code"` // hotswap doctor's exit code
	Mechanism string    `json:"way"`  // "intercept", "listenfds" or "plain"
	Fallbacks []string  `json:"fallbacks,omitempty"`
	Findings  []Finding `json:"findings"`
}

// conclude chooses the mechanism. A probe that was not made, or does not apply, rules nothing
// out.
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
	steers := !bad[IDSystem] && !bad[IDKeeper] && !bad[IDSteer] && !bad[IDLeave]
	intercepts := !bad[IDSeccomp] && !bad[IDMemory] && !(bad[IDGetFD] && bad[IDAddFD])
	switch {
	case steers && intercepts:
		d.Mechanism = "intercept"
		fallback("hotswap puts its own sockets in place of the program's (ADDFD)", IDGetFD)
		fallback("kept connections in use end with the old process, unless an adapter closes them: docker run --cap-add SYS_PTRACE", IDGetFD)
		fallback("after a crash the port is bound again: clients who wait there are reset", IDAddFD)
		fallback("a bind or listen that a signal interrupts is answered twice", IDWait)
	case steers:
		d.Mechanism = "listenfds"
		fallback("only addresses of --listen are handed over, by LISTEN_FDS; without --listen, plain restarts",
			IDSeccomp, IDMemory, IDGetFD)
	default:
		d.Mechanism, d.Code = "plain", exit.CodeUnavailable
		d.Fallbacks = []string{"plain restarts: the port is closed between two generations"}
		return d
	}
	fallback("the old process gets its stop signal at once, without waiting for its clients", IDSockDiag)
	if d.Mechanism == "intercept" && !bad[IDGetFD] {
		fallback("no fallback: the swap fails although its parts work; please report it", IDSwap)
	}
	fallback("files are polled (--poll)", IDInotify, IDEvents)
	return d
}
