package proc

import (
	"strings"
	"syscall"
	"testing"
)

func TestExit(t *testing.T) {
	for text, want := range map[string]struct {
		exit   Exit
		status int
	}{
		"leave-zombie": {}, // a child that has ended, though nobody waited for it, is not left
		"exit 0":       {}, "exit 7": {Exit{Code: 7}, 7}, "exit 255": {Exit{Code: 255}, 255},
		"kill-self 9": {Exit{Signal: syscall.SIGKILL}, 137}, "kill-self 15": {Exit{Signal: syscall.SIGTERM}, 143},
	} {
		name, arg, _ := strings.Cut(text, " ")
		c := start(t, nil, name, arg)
		if e := c.exit(); e != want.exit || e.Status() != want.status {
			t.Errorf("%s came as %+v", text, e)
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
