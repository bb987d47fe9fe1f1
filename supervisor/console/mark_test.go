package console

import (
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func testMark(gen int) string { return fmt.Sprintf("%d| ", gen) }

// While another generation serves, the lines of a generation on a terminal say which generation they are of. The
// output of the one that serves is untouched.
func TestLinesOfARelievedGenerationAreMarked(t *testing.T) {
	theirs, ours := screen(t)
	r := read(t, theirs)
	c := New(Config{Out: fd(ours), Err: fd(ours), Mark: testMark})
	open := func(gen int) (*Streams, program) {
		s := testkit.Must(c.Open(gen, false, nil, nil))(t)
		t.Cleanup(s.Close)
		return s, inherit(t, s)
	}
	say1 := func(p program, text, want string) {
		t.Helper()
		say(t, p.out, text)
		if got := r.until(want); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	old, oldOut := open(1)
	_, newOut := open(2)
	_, step := open(0)
	say1(oldOut, "unmarked\nin the mid", "unmarked\r\nin the mid")
	old.Relieved(true)
	say1(oldOut, "dle\nnext\n\n", "dle\r\n1| next\r\n1| \r\n")
	say1(newOut, "serves\n\tprompt> ", "serves\r\n\tprompt> ")
	say1(oldOut, "joins\nends\n", "joins\r\n1| ends\r\n")
	say1(step, "step\n", "step\r\n")
	say1(oldOut, "10%\r20%", "1| 10%\r20%")
	say1(newOut, "\n", "\r\n")
	say1(oldOut, "\r30%\n", "\r30%\r\n")
	say1(oldOut, "\x1b[31mred\x1b[0m\n", "1| \x1b[31mred\x1b[0m\r\n")
	old.Relieved(false)
	say1(oldOut, "serves again\n", "serves again\r\n")
}
