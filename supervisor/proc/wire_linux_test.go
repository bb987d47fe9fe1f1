package proc

import (
	"encoding/json"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// The keeper ends before it has read an order: how the program ended is known
// all the same, and nobody is taken for what a killed keeper has left.
func TestExitIsToldPastAnUnreadOrder(t *testing.T) {
	bystander := start(t, nil, "wait") // as if it had the program's number by now
	bystander.ready("wait")
	control, theirs, err := rights.Pair(unix.SOCK_STREAM)
	if err != nil {
		t.Fatal(err)
	}
	// It only ends, to be waited for; the test speaks in its place.
	keeper, err := keepers.fork(helper("exit", "0"), &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	p := newProcess(keeper, control)
	p.program = bystander.program
	if err := p.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for _, said := range []message{{Exited: &Exit{Code: 7}}, {Gone: true}} {
		b, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	theirs.Close()
	go p.watch()
	c := &child{t: t, Process: p}
	c.gone()
	if e := c.exit(); e != (Exit{Code: 7}) {
		t.Errorf("%v", e)
	}
	bystander.in.Close()
	if e := bystander.exit(); e != (Exit{}) {
		t.Errorf("a process that has nothing to do with it: %v", e)
	}
}
