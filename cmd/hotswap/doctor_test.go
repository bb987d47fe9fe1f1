package main

import (
	"bytes"
	"slices"
	"testing"
)

func TestDoctorText(t *testing.T) {
	findings := []finding{
		{ID: idSystem, Name: "system", Verdict: works, Text: "Linux 6.18 x86_64"},
		{ID: idGetFD, Name: "pidfd_getfd", Verdict: missing, Text: "operation not permitted",
			Why: "a seccomp filter is on this process already, a container's profile most likely, and forbids it",
			Do:  "docker run --cap-add SYS_PTRACE"},
		{ID: "node", Name: "node", Verdict: apart, Text: "not in PATH"},
	}
	for _, c := range []struct {
		name string
		d    diagnosis
		want string
	}{
		{"a fallback", conclude(findings), `ok  system                 Linux 6.18 x86_64
no  pidfd_getfd            operation not permitted
    why: a seccomp filter is on this process already, a container's profile most
         likely, and forbids it
    do:  docker run --cap-add SYS_PTRACE
--  node                   not in PATH

hotswap works here by a fallback:
  sockets of hotswap's own, put in the program's place (ADDFD)
  kept connections in use are cut when the old process ends
`},
		{"the best way", conclude(findings[:1]), `ok  system                 Linux 6.18 x86_64

The best way works here: hotswap -- your command, nothing else to do.
`},
		{"nothing", conclude([]finding{{ID: idSystem, Name: "system", Verdict: missing, Text: "plan9", Why: "it is not Linux", Do: "use Linux"}}),
			`no  system                 plan9
    why: it is not Linux
    do:  use Linux

Nothing but this works here:
  plain restarts: the port is closed between two generations
`},
	} {
		var b bytes.Buffer
		if err := c.d.writeText(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, &b, c.want)
		}
	}
}

func TestConclude(t *testing.T) {
	for _, c := range []struct {
		missing   []string
		code      int
		way       string
		fallbacks int
	}{
		{nil, exitOK, "intercept", 0},
		{[]string{"somaxconn", "files", "node"}, exitOK, "intercept", 0},
		{[]string{idWait}, exitFailed, "intercept", 1},
		{[]string{idGetFD}, exitFailed, "intercept", 2},
		{[]string{idGetFD, idSwap}, exitFailed, "intercept", 2},
		{[]string{idAddFD}, exitFailed, "intercept", 1},
		{[]string{idSwap}, exitFailed, "intercept", 1},
		{[]string{idInotify, idEvents}, exitFailed, "intercept", 1},
		{[]string{idGetFD, idSockDiag}, exitFailed, "intercept", 3},
		{[]string{idGetFD, idAddFD}, exitFailed, "listenfds", 1},
		{[]string{idSeccomp}, exitFailed, "listenfds", 1},
		{[]string{idMemory, idEvents}, exitFailed, "listenfds", 2},
		{[]string{idSteer}, exitUnavailable, "plain", 1},
		{[]string{idLeave}, exitUnavailable, "plain", 1},
		{[]string{idKeeper, idSeccomp}, exitUnavailable, "plain", 1},
		{[]string{idSystem}, exitUnavailable, "plain", 1},
	} {
		var findings []finding
		for _, id := range []string{idSystem, idSeccomp, idWait, idKeeper, idGetFD, idMemory, idAddFD, idSteer, idLeave,
			idSockDiag, idSwap, idInotify, idEvents, "somaxconn", "files", "node"} {
			f := finding{ID: id, Verdict: works}
			if slices.Contains(c.missing, id) {
				f.Verdict = missing
			}
			findings = append(findings, f)
		}
		d := conclude(findings)
		if d.Code != c.code || d.Way != c.way || len(d.Fallbacks) != c.fallbacks {
			t.Errorf("without %v: code %d, way %s, fallbacks %q", c.missing, d.Code, d.Way, d.Fallbacks)
		}
	}
}
