package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// At hotswap's terminal the lines of a generation say which one they are of while another generation serves. A rollback
// turns the two round. With --log json nothing is added.
func TestLinesOfTwoGenerations(t *testing.T) {
	t.Parallel()
	const program = `(while :; do echo "line of $HOTSWAP_GENERATION"; sleep 0.05; done) & exec "$@"`
	start := func(options ...string) *console {
		server := testkit.Must(doctor.ServerArgv(freePort(t)))(t)
		return openConsoleOver(t, "foreground", append(append(options, "--no-watch", "--probation", "10m", "--", "sh", "-c", program, "sh"), server...)...)
	}
	c := start()
	c.Sees("generation 1 serves")
	c.Type("r")
	c.Sees("generation 2 serves")
	c.Sees("\x1b[2m1│ \x1b[22mline of 1")
	c.Sees("line of 2")
	before := c.Output() // a line that comes while the two are turned round may have its mark before the news of that
	c.Type("b")
	c.Sees("generation 1 serves again")
	testkit.Eventually(t, func() error {
		if _, after, _ := strings.Cut(c.Output(), "serves again"); !strings.Contains(after, "\nline of 1\n") {
			return errors.New("no line of generation 1")
		}
		return nil
	})
	c.Type("q")
	c.Sees("draining, then stopping")
	c.wantReport("exit code 0")
	if strings.Contains(before, "2│") {
		t.Errorf("a mark in front of lines of the generation that serves:\n%s", before)
	}

	c = start("--log", "json")
	c.Sees(`"serving"`)
	c.Type("r")
	c.Sees(`"replaces":1`)
	c.Sees("line of 2")
	if strings.Contains(c.Output(), "│ ") {
		t.Error("a mark with --log json")
	}
}
