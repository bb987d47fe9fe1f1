// Package doctor tries what hotswap does at its start and at a swap on this machine, and says
// what is missing and what to do. A probe uses the mechanism itself, and never judges by a
// version.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"golang.org/x/sys/unix"
)

type verdict string

const (
	works    verdict = "ok"
	missing  verdict = "no"
	notTried verdict = "--"
)

type finding struct {
	name    string // of the probe
	verdict verdict
	text    string
	// Of what is missing: why, what to do about it, and what hotswap does without it.
	why, do, without string
	fatal            bool // of what is missing: hotswap can do nothing better than plain restarts
}

// tried is the finding of a probe that has ended with err.
func (f finding) tried(err error) finding {
	if err != nil {
		f.verdict, f.text = missing, err.Error()
	}
	return f
}

// system says what the machine runs (uname(2)).
func system() finding {
	var u unix.Utsname
	_ = unix.Uname(&u) // fails for a bad address only
	return finding{name: "system", verdict: works, text: unix.ByteSliceToString(u.Sysname[:]) + " " +
		unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])}
}

// instead is what hotswap does where nothing is intercepted.
const instead = "Node, Python and Go servers get their sockets from hotswap and overlap as elsewhere; other programs overlap at addresses of --listen (LISTEN_FDS) or behind a proxy (--proxy, PORT), or the old process ends before the new one starts"

// Diagnose makes the probes, and ends with a code that says what works. It prints a line for each finding, and below
// what is missing why, what to do, and what hotswap does without it.
func Diagnose(ctx context.Context, w io.Writer) error {
	findings := examine(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var b strings.Builder
	code := exit.OK
	for _, f := range findings {
		fmt.Fprintf(&b, "%-3s %-22s %s\n", f.verdict, f.name, f.text)
		if f.verdict != missing {
			continue
		}
		code = max(code, exit.CodeFailed)
		if f.fatal {
			code = exit.CodeUnavailable
		}
		for _, more := range [][2]string{{"why: ", f.why}, {"do: ", f.do}, {"else: ", f.without}} {
			if more[1] != "" {
				fmt.Fprintf(&b, "    %-6s%s\n", more[0], more[1])
			}
		}
	}
	b.WriteString(map[int]string{
		exit.OK:              "\nEverything works here: run hotswap -- your command.\n",
		exit.CodeFailed:      "\nhotswap works here, with these limits.\n",
		exit.CodeUnavailable: "\nOnly plain restarts work here: the port is closed between two generations.\n",
	}[code])
	_, err := io.WriteString(w, b.String())
	return cmp.Or(err, exit.Ended(code))
}
