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

// The probes.
const (
	IDSystem   = "system"
	IDSeccomp  = "seccomp"
	IDKeeper   = "keeper"
	IDGetFD    = "pidfd-getfd"
	IDMemory   = "memory"
	IDAddFD    = "addfd"
	IDSteer    = "steer"
	IDSockDiag = "sock-diag"
	IDSwap     = "swap"
	IDInotify  = "inotify"
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
	fallback := func(is bool, text string) {
		if is {
			d.Fallbacks, d.Code = append(d.Fallbacks, text), exit.CodeFailed
		}
	}
	switch {
	case bad[IDSystem] || bad[IDKeeper] || bad[IDSteer]:
		d.Mechanism, d.Code = "plain", exit.CodeUnavailable
		d.Fallbacks = []string{"plain restarts: the port is closed between two generations"}
		return d
	case bad[IDSeccomp] || bad[IDMemory] || bad[IDGetFD] && bad[IDAddFD]:
		d.Mechanism = "listenfds"
		fallback(true, "only addresses of --listen are handed over, by LISTEN_FDS; without --listen, plain restarts")
	default:
		d.Mechanism = "intercept"
		fallback(bad[IDGetFD], "hotswap puts its own sockets in place of the program's (ADDFD)")
		fallback(bad[IDGetFD], "kept connections in use end with the old process, unless an adapter closes them: docker run --cap-add SYS_PTRACE")
		fallback(bad[IDAddFD], "after a crash the port is bound again: clients who wait there are reset")
		fallback(bad[IDSwap] && !bad[IDGetFD], "no fallback: the swap fails although its parts work; please report it")
	}
	fallback(bad[IDSockDiag], "the old process gets its stop signal at once, without waiting for its clients")
	fallback(bad[IDInotify], "files are polled (--poll)")
	return d
}
