package proc

import (
	"strconv"
	"syscall"
	"testing"
)

func TestExitCodes(t *testing.T) {
	for _, code := range []int{0, 1, 7, 255} {
		c := start(t, nil, "exit", strconv.Itoa(code))
		if e := c.exit(); e != (Exit{Code: code}) || e.Status() != code {
			t.Errorf("exit %d came as %+v", code, e)
		}
		c.gone()
	}
}

func TestExitSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		c := start(t, nil, "kill-self", strconv.Itoa(int(sig)))
		e := c.exit()
		if e.Signal != sig || e.Code != 0 || e.Status() != 128+int(sig) {
			t.Errorf("signal %d came as %+v", sig, e)
		}
		c.gone()
	}
}

func TestExitedIsToldOnceAndGoneAfterTheLast(t *testing.T) {
	c := start(t, nil, "fork-away", "ignore-term")
	stray := c.ready("ignore-term")["ignore-term"]
	if e := c.exit(); e != (Exit{Left: 1}) {
		t.Errorf("%+v, want one descendant left", e)
	}
	select {
	case <-c.Gone():
		t.Error("gone, while a descendant lives")
	default:
	}
	if got := c.Tree(); len(got) != 1 || got[0] != stray {
		t.Errorf("the tree is %v, want %d", got, stray)
	}
	if err := c.Kill(); err != nil {
		t.Error(err)
	}
	c.gone()
	select {
	case e := <-c.Exited():
		t.Errorf("told again: %+v", e)
	default:
	}
	if lives(stray) {
		t.Error("gone, and the stray lives")
	}
}

// A child that has ended, though nobody waited for it, is not left.
func TestLeftCountsTheLiving(t *testing.T) {
	c := start(t, nil, "leave-zombie")
	if e := c.exit(); e != (Exit{}) {
		t.Errorf("%+v, want nothing left", e)
	}
	c.gone()
}

func TestExitString(t *testing.T) {
	for want, e := range map[string]Exit{
		"exit 3":            {Code: 3},
		"signal terminated": {Signal: syscall.SIGTERM, Left: 2},
	} {
		if got := e.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestGoneProcessTakesOrders(t *testing.T) {
	c := start(t, nil, "exit", "0")
	c.gone()
	if err := c.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal: %v", err)
	}
	if err := c.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
}

// The pipe stays open until the last that has it is gone, and Exited does not
// wait for that (as exec.Cmd.Wait would).
func TestGrandchildKeepsStandardOutputOpen(t *testing.T) {
	c := start(t, nil, "fork-away", "wait")
	c.exit()
	c.ready("wait")
	c.in.Close() // now the grandchild leaves
	if s, err := c.out.ReadString('\n'); err == nil {
		t.Errorf("a line %q", s)
	}
	c.gone()
}
