package proc

import (
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// What the program still writes when hotswap has been killed is passed on, to
// its last word.
func TestOutputOutlivesHotswap(t *testing.T) {
	c, cmd, _ := playHotswap(t, "outlet", "catch", "catch")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := c.line(); got != "caught 15" {
		t.Errorf("%q", got)
	}
	if rest, err := io.ReadAll(c.out); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
}

// The keeper's copy of what hotswap reads keeps nobody writing whom hotswap
// wants to end: the program is told when whoever reads hotswap's output has gone.
func TestOutletEndsWithItsReader(t *testing.T) {
	r, w := pipe(t)
	to, ours := pipe(t)
	_ = unix.SetNonblock(r, true)
	c, err := try(t, func(s *Spec) {
		s.Stdio[1], s.Outlets = w, []Outlet{{From: r, To: ours}}
	}, "/bin/sh", "-c", "read go; while echo more; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int{r, w, to, ours} {
		_ = unix.Close(fd)
	}
	c.in.Close()
	c.exit() // and does not wait for ever
	c.gone()
}
