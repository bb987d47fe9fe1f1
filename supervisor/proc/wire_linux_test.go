package proc

import (
	"encoding/json"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The keeper ends before it has read an order: how the program ended is known
// all the same, and nobody is taken for what a killed keeper has left.
func TestExitIsToldPastAnUnreadOrder(t *testing.T) {
	bystander := start(t, nil, "wait") // as if it had the program's number by now
	bystander.ready("wait")
	control, theirs, err := rights.Pair(unix.SOCK_STREAM)
	testkit.NoError(t, err)
	// It only ends, to be waited for; the test speaks in its place.
	ends := helper("exit", "0")
	keeper := testkit.Must(syscall.ForkExec(ends[0], ends, &syscall.ProcAttr{Env: os.Environ()}))(t)
	p := newProcess(newRemote(keeper, control))
	p.program = bystander.program
	testkit.NoError(t, p.Signal(unix.SIGCONT))
	for _, said := range []message{{Exited: &Exit{Code: 7}}, {Gone: true}} {
		b := testkit.Must(json.Marshal(said))(t)
		testkit.Must(theirs.Write(b))(t)
	}
	theirs.Close()
	go p.watch()
	c := &child{t: t, Process: p}
	c.gone()
	EndIdle() // which has ended
	if e := c.exit(); e != (Exit{Code: 7}) {
		t.Errorf("%v", e)
	}
	bystander.in.Close()
	if e := bystander.exit(); e != (Exit{}) {
		t.Errorf("a process that has nothing to do with it: %v", e)
	}
}
