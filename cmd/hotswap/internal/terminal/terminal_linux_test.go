package terminal

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Between Ctrl-Z and the stop a generation may begin to serve, or the keys be taken: the
// shell has the terminal by then.
func TestTerminalIsLeftUntilHotswapComesBack(t *testing.T) {
	var found tty.Modes
	found.Lflag = unix.ICANON | unix.ECHO
	term := &Terminal{fd: -1, Is: true, found: &found}
	for _, c := range []struct {
		after string
		do    func()
		want  tty.Modes
	}{
		{"Leave", term.Leave, found}, {"TakeKeys", term.TakeKeys, found}, {"Mend", term.Mend, found},
		{"ComeBack", term.ComeBack, found.Cbreak()}, {"Leave", term.Leave, found},
	} {
		c.do()
		if term.wantLocked() != c.want {
			t.Errorf("after %s it would be set to %+v", c.after, term.wantLocked())
		}
	}
}

// Several hotswaps may be at one terminal: the second finds it as the first has set it.
func TestModesThatAnotherHotswapHasSet(t *testing.T) {
	master, slave, err := tty.Open()
	testkit.NoError(t, err)
	defer master.Close()
	defer slave.Close()
	term := &Terminal{fd: int(slave.Fd())}
	was := testkit.Must(tty.Get(term.fd))(t)
	testkit.NoError(t, was.Cbreak().Set(term.fd))
	term.find()
	if *term.found != was {
		t.Errorf("would leave %+v behind, not %+v", *term.found, was)
	}
}
