package console

import (
	"fmt"
	"strings"
	"testing"
)

func testMark(gen int) string { return fmt.Sprintf("%d| ", gen) }

// While another generation serves, the lines of a generation on a terminal say which generation they are of. The
// output of the one that serves is untouched.
func TestLinesOfARelievedGenerationAreMarked(t *testing.T) {
	theirs, ours := screen(t)
	r := read(t, theirs)
	c := New(Config{Out: fd(ours), Err: fd(ours), Mark: testMark})
	open := func(gen int) (*Streams, program) {
		s, err := c.Open(gen, false, nil)
		if err != nil {
			t.Fatal(err)
		}
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

// Where there is no terminal, nothing is added.
func TestNoMarkWithoutATerminal(t *testing.T) {
	theirs, ours := pipe(t)
	r := read(t, theirs)
	s := open(t, New(Config{Out: fd(ours), Err: fd(ours), Mark: testMark}), nil)
	s.Relieved(true)
	say(t, inherit(t, s).out, "line\nend\n")
	if got := r.until("end\n"); got != "line\nend\n" {
		t.Errorf("%q", got)
	}
}

// The lines of a program that places its text on the screen are never marked.
func TestWhoMovesTheCursorIsNotMarked(t *testing.T) {
	for _, c := range []struct {
		output string
		marked bool
	}{
		{"text", true}, {"\x1b[1;31mcolour\x1b[0m", true}, {"\x1b]0;title\x07", true},
		{"\x1b[2J\x1b[3J\x1b[H", true}, {"\x1b[1;1H\x1b[0J", true}, {"\x1bc", true}, // clears the screen
		{"\x1b[2K\x1b[1G", true}, {"\x1b[?25l", true}, // a spinner on one line
		{"\x1b[2A", false}, {"\x1b[A", false}, {"\x1b[10;5H", false}, {"\x1b[1;20f", false}, {"\x1b[40G", false}, {"\x1b7", false}, {"\x1bM", false},
		{"\x1b[?1049h", false}, {"\x1b[5;20r", false}, {"\x1b[3L", false}, {strings.Repeat("long ", 99) + "\x1b[1B", false},
	} {
		m := &mark{text: "m"}
		m.now([]byte(c.output), false)
		if got := m.now([]byte("line\n"), true) != ""; got != c.marked {
			t.Errorf("%q: marked is %v", c.output, got)
		}
	}
}
