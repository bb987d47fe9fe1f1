package main

import "fmt"

// verdict is what a probe came to.
type verdict string

const (
	works   verdict = "ok"
	missing verdict = "no"
	apart   verdict = "--" // not applicable, or told for information
)

// finding is what one probe found out.
type finding struct {
	ID      string  `json:"id"` // of the probe
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Text    string  `json:"text"`
	Why     string  `json:"why,omitempty"` // missing only
	Do      string  `json:"do,omitempty"`  // missing only: what to do about it
}

func okf(format string, args ...any) finding {
	return finding{Verdict: works, Text: fmt.Sprintf(format, args...)}
}

func apartf(format string, args ...any) finding {
	return finding{Verdict: apart, Text: fmt.Sprintf(format, args...)}
}

// no is a finding of something that does not work.
func no(text, why, do string) finding {
	return finding{Verdict: missing, Text: text, Why: why, Do: do}
}

// Probes whose findings decide how hotswap works here.
const (
	idSystem   = "system"
	idSeccomp  = "seccomp"
	idWait     = "wait-killable"
	idKeeper   = "keeper"
	idGetFD    = "pidfd-getfd"
	idMemory   = "memory"
	idAddFD    = "addfd"
	idSteer    = "steer"
	idLeave    = "leave"
	idSockDiag = "sock-diag"
	idSwap     = "swap"
	idInotify  = "inotify"
	idEvents   = "events"
)

// diagnosis is what follows from all findings.
type diagnosis struct {
	Code      int       `json:"code"` // hotswap doctor's exit code
	Way       string    `json:"way"`  // "intercept", "listenfds" or "plain"
	Fallbacks []string  `json:"fallbacks,omitempty"`
	Findings  []finding `json:"findings"`
}

// conclude decides. A probe that was not made, or does not apply, is not
// against anything.
func conclude(findings []finding) diagnosis {
	d := diagnosis{Findings: findings}
	bad := map[string]bool{}
	for _, f := range findings {
		bad[f.ID] = f.Verdict == missing
	}
	fallback := func(text string, ids ...string) {
		for _, id := range ids {
			if bad[id] {
				d.Fallbacks = append(d.Fallbacks, text)
				d.Code = exitFailed
				return
			}
		}
	}
	steers := !bad[idSystem] && !bad[idKeeper] && !bad[idSteer] && !bad[idLeave]
	intercepts := !bad[idSeccomp] && !bad[idMemory] && !(bad[idGetFD] && bad[idAddFD])
	switch {
	case steers && intercepts:
		d.Way = "intercept"
		fallback("sockets of hotswap's own, put in the program's place (ADDFD)", idGetFD)
		fallback("kept connections in use are cut when the old process ends", idGetFD)
		fallback("a port whose owner died is bound anew: its waiting clients are reset", idAddFD)
		fallback("calls that a signal interrupts are answered again", idWait)
	case steers:
		d.Way = "listenfds"
		fallback("addresses given by --listen, passed on as LISTEN_FDS; else plain restarts",
			idSeccomp, idMemory, idGetFD)
	default:
		d.Way, d.Code = "plain", exitUnavailable
		d.Fallbacks = []string{"plain restarts: the port is closed between two generations"}
		return d
	}
	fallback("the old process is told to stop at once, nobody waits for its clients", idSockDiag)
	if d.Way == "intercept" && !bad[idGetFD] {
		fallback("none for a swap that fails although its parts work: please report it", idSwap)
	}
	fallback("files are looked at again and again (--poll)", idInotify, idEvents)
	return d
}
