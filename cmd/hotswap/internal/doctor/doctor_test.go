package doctor

import (
	"bytes"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

func TestDoctorText(t *testing.T) {
	findings := []Finding{
		{ID: IDSystem, Name: "system", Verdict: Works, Text: "Linux 6.18 x86_64"},
		{ID: IDGetFD, Name: "pidfd_getfd", Verdict: Missing, Text: "operation not permitted",
			Why: "a seccomp filter forbids it, most likely a container's profile, which holds for everything inside",
			Do:  "docker run --cap-add SYS_PTRACE"},
		{ID: "node", Name: "node", Verdict: NotApplicable, Text: "not in PATH"},
	}
	for _, c := range []struct {
		name string
		d    Diagnosis
		want string
	}{
		{"a fallback", conclude(findings), `ok  system                 Linux 6.18 x86_64
no  pidfd_getfd            operation not permitted
    why: a seccomp filter forbids it, most likely a container's profile, which
         holds for everything inside
    do:  docker run --cap-add SYS_PTRACE
--  node                   not in PATH

hotswap works here, with these limits:
  hotswap puts its own sockets in place of the program's (ADDFD)
  kept connections in use end with the old process, unless an adapter closes them: docker run --cap-add SYS_PTRACE
`},
		{"the best way", conclude(findings[:1]), `ok  system                 Linux 6.18 x86_64

Everything works here: run hotswap -- your command.
`},
		{"nothing", conclude([]Finding{{ID: IDSystem, Name: "system", Verdict: Missing, Text: "plan9", Why: "it is not Linux", Do: "use Linux"}}),
			`no  system                 plan9
    why: it is not Linux
    do:  use Linux

Only this works here:
  plain restarts: the port is closed between two generations
`},
	} {
		var b bytes.Buffer
		if err := c.d.WriteText(&b); err != nil {
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
		{nil, exit.OK, "intercept", 0},
		{[]string{IDGetFD}, exit.CodeFailed, "intercept", 2},
		{[]string{IDGetFD, IDSwap}, exit.CodeFailed, "intercept", 2},
		{[]string{IDAddFD}, exit.CodeFailed, "intercept", 1},
		{[]string{IDSwap}, exit.CodeFailed, "intercept", 1},
		{[]string{IDInotify}, exit.CodeFailed, "intercept", 1},
		{[]string{IDGetFD, IDSockDiag}, exit.CodeFailed, "intercept", 3},
		{[]string{IDGetFD, IDAddFD}, exit.CodeFailed, "listenfds", 1},
		{[]string{IDSeccomp}, exit.CodeFailed, "listenfds", 1},
		{[]string{IDMemory, IDInotify}, exit.CodeFailed, "listenfds", 2},
		{[]string{IDSteer}, exit.CodeUnavailable, "plain", 1},
		{[]string{IDKeeper, IDSeccomp}, exit.CodeUnavailable, "plain", 1},
		{[]string{IDSystem}, exit.CodeUnavailable, "plain", 1},
	} {
		var findings []Finding
		for _, id := range []string{IDSystem, IDSeccomp, IDKeeper, IDGetFD, IDMemory, IDAddFD, IDSteer, IDSockDiag, IDSwap, IDInotify} {
			f := Finding{ID: id, Verdict: Works}
			if slices.Contains(c.missing, id) {
				f.Verdict = Missing
			}
			findings = append(findings, f)
		}
		d := conclude(findings)
		if d.Code != c.code || d.Mechanism != c.way || len(d.Fallbacks) != c.fallbacks {
			t.Errorf("without %v: code %d, way %s, fallbacks %q", c.missing, d.Code, d.Mechanism, d.Fallbacks)
		}
	}
}
