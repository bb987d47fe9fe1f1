package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// examine runs hotswap doctor with a system call forbidden, as a container's profile forbids it; 0: none.
func examine(t *testing.T, forbidden, wantCode int, want ...string) {
	t.Helper()
	t.Parallel()
	cmd := asHotswap(t, "doctor")
	cmd.Dir = t.TempDir()
	if forbidden != 0 {
		cmd.Env = append(cmd.Env, forbidEnv+"="+strconv.Itoa(forbidden))
	}
	code, out, errOut := finished(t, cmd)
	if code != wantCode {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	for _, line := range want {
		if !regexp.MustCompile(`(?m)^` + line).MatchString(out) {
			t.Errorf("no line %q in\n%s", line, strings.TrimSpace(out))
		}
	}
}

func TestDoctorFindsThatAllWorks(t *testing.T) {
	examine(t, 0, exit.OK, `ok  system +Linux `, `ok  seccomp notification +with`, `ok  a whole swap +cutover \d+`, `ok  pidfd_getfd `,
		`ok  sock_diag +\d+ listeners? listed`, `Everything works here`)
}

func TestDoctorFindsPidfdGetfdForbidden(t *testing.T) {
	examine(t, unix.SYS_PIDFD_GETFD, exit.CodeFailed, `ok  a whole swap `, `no  pidfd_getfd `, `    why: +\S`, `    do: .*SYS_PTRACE`, `    else: .*ADDFD`,
		`hotswap works here, with these limits`)
}

func TestDoctorFindsSeccompForbidden(t *testing.T) {
	examine(t, unix.SYS_SECCOMP, exit.CodeFailed, `no  seccomp notification +.*operation not permitted`, `    why: +\S`, `    do: +\S`,
		`    else: only addresses of --listen`, `--  a whole swap `)
}

// setsockopt forbidden: no program can be attached to a group of sockets.
func TestDoctorFindsSteeringForbidden(t *testing.T) {
	examine(t, unix.SYS_SETSOCKOPT, exit.CodeUnavailable, `no  a whole swap `, `    do: +\S`, `Only plain restarts work here`)
}
