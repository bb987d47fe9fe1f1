package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// hotswap doctor with a system call forbidden, as a container's profile forbids it.
func TestDoctor(t *testing.T) {
	for name, c := range map[string]struct {
		forbidden, code int
		lines           []string
	}{
		"all works": {0, exit.OK, []string{`ok  system +Linux `, `ok  seccomp notification +with`, `ok  a whole swap +cutover \d+`, `ok  pidfd_getfd `,
			`ok  sock_diag +\d+ listeners? listed`, `Everything works here`}},
		"pidfd_getfd": {unix.SYS_PIDFD_GETFD, exit.CodeFailed, []string{`ok  a whole swap `, `no  pidfd_getfd `, `    why: +\S`, `    do: .*SYS_PTRACE`,
			`    else: .*ADDFD`, `hotswap works here, with these limits`}},
		"seccomp": {unix.SYS_SECCOMP, exit.CodeFailed, []string{`no  seccomp notification +.*operation not permitted`, `    why: +\S`, `    do: +\S`,
			`    else: only addresses of --listen`, `--  a whole swap `}},
		// No program can be attached to a group of sockets.
		"setsockopt": {unix.SYS_SETSOCKOPT, exit.CodeUnavailable, []string{`no  a whole swap `, `    do: +\S`, `Only plain restarts work here`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := asHotswap(t, "doctor")
			cmd.Dir = t.TempDir()
			if c.forbidden != 0 {
				cmd.Env = append(cmd.Env, forbidEnv+"="+strconv.Itoa(c.forbidden))
			}
			code, out, errOut := finished(t, cmd)
			if code != c.code {
				t.Errorf("exit code %d\n%s%s", code, out, errOut)
			}
			for _, line := range c.lines {
				if !regexp.MustCompile(`(?m)^` + line).MatchString(out) {
					t.Errorf("no line %q in\n%s", line, strings.TrimSpace(out))
				}
			}
		})
	}
}
