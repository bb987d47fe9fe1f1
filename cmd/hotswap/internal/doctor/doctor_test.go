package doctor

import (
	"bytes"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

func TestDoctorText(t *testing.T) {
	system := finding{name: "system", verdict: works, text: "Linux 6.18 x86_64"}
	findings := []finding{
		system,
		{name: "pidfd_getfd", verdict: missing, text: "the call is forbidden", why: "a filter forbids it", do: "docker run --cap-add SYS_PTRACE", without: "hotswap uses ADDFD"},
		{name: "a whole swap", verdict: notTried, text: "needs seccomp notification"},
	}
	for _, c := range []struct {
		name     string
		findings []finding
		code     int
		want     string
	}{
		{"something is missing", findings, exit.CodeFailed, `ok  system                 Linux 6.18 x86_64
no  pidfd_getfd            the call is forbidden
    why:  a filter forbids it
    do:   docker run --cap-add SYS_PTRACE
    else: hotswap uses ADDFD
--  a whole swap           needs seccomp notification

hotswap works here, with these limits.
`},
		{"all works", findings[:1], exit.OK, `ok  system                 Linux 6.18 x86_64

Everything works here: run hotswap -- your command.
`},
		{"nothing works", []finding{{name: "system", verdict: missing, text: "plan9", why: "it is not Linux", do: "use Linux", fatal: true}, findings[1]}, exit.CodeUnavailable,
			`no  system                 plan9
    why:  it is not Linux
    do:   use Linux
no  pidfd_getfd            the call is forbidden
    why:  a filter forbids it
    do:   docker run --cap-add SYS_PTRACE
    else: hotswap uses ADDFD

Only plain restarts work here: the port is closed between two generations.
`},
	} {
		var b bytes.Buffer
		code, err := write(&b, c.findings)
		if err != nil || code != c.code || b.String() != c.want {
			t.Errorf("%s: code %d, %v\n%s\nwant code %d:\n%s", c.name, code, err, &b, c.code, c.want)
		}
	}
}
