package doctor

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"
)

// surroundings are the probes that work on every system and decide nothing.
var surroundings = []probe{
	{"terminal", "terminal", tryTerminal},
	{"node", "node", tryRuntime("node")},
	{"bun", "bun", tryRuntime("bun")},
	{"python", "python", tryRuntime("python3")},
}

func tryTerminal(s *session) Finding {
	if s.in == nil || !term.IsTerminal(int(s.in.Fd())) {
		return notApplicable("standard input is not a terminal")
	}
	return works("yes")
}

// tryRuntime returns a probe that asks a program for its version.
func tryRuntime(name string) func(*session) Finding {
	return func(s *session) Finding {
		path, err := exec.LookPath(name)
		if err != nil {
			return notApplicable("not in PATH")
		}
		ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			return notApplicable("%s does not say its version: %v", path, err)
		}
		version := strings.TrimSpace(strings.TrimPrefix(string(out), "Python"))
		return works("%s", strings.TrimPrefix(strings.SplitN(version, "\n", 2)[0], "v"))
	}
}
