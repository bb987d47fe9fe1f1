package doctor

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"
)

// surroundings are the probes that work everywhere and decide nothing.
var surroundings = []probe{
	{"terminal", "terminal", tryTerminal},
	{"node", "node", tryRuntime("node")},
	{"bun", "bun", tryRuntime("bun")},
	{"python", "python", tryRuntime("python3")},
}

func tryTerminal(b *bench) Finding {
	if b.in == nil || !term.IsTerminal(int(b.in.Fd())) {
		return apartf("standard input is not a terminal")
	}
	return okf("yes")
}

// tryRuntime asks a program for its version.
func tryRuntime(name string) func(*bench) Finding {
	return func(b *bench) Finding {
		path, err := exec.LookPath(name)
		if err != nil {
			return apartf("not in PATH")
		}
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			return apartf("%s does not say its version: %v", path, err)
		}
		version := strings.TrimSpace(strings.TrimPrefix(string(out), "Python"))
		return okf("%s", strings.TrimPrefix(strings.SplitN(version, "\n", 2)[0], "v"))
	}
}
