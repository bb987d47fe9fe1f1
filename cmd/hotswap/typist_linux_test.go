package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// beRawEnv makes this test binary a program that reads single keys, as vite does.
const beRawEnv = "HOTSWAP_TEST_BE_RAW"

func init() { beRaw = rawReader }

func rawReader() {
	m, err := tty.Get(0)
	if err != nil || m.Raw().Set(0) != nil {
		fmt.Println("no terminal", err)
		os.Exit(1)
	}
	fmt.Print("raw now\r\n")
	b := make([]byte, 1)
	for b[0] != 'x' {
		if n, err := os.Stdin.Read(b); err != nil || n == 0 {
			os.Exit(2)
		}
		fmt.Printf("byte %d\r\n", b[0])
	}
	os.Exit(0)
}

// A program that reads lines has a terminal to edit them at, and its end of
// input; the keys are not hotswap's.
func TestStdinOfLines(t *testing.T) {
	c := openConsoleOver(t, "foreground", "--stdin", "--no-watch", "--handoff", "none", "--",
		"sh", "-c", `test -t 0 && echo at a terminal; while read line; do echo "<$line>"; done; echo the end`)
	c.seesBoth("at a terminal", "generation 1 runs")
	c.becomes(c.found.Raw())
	c.press("qr\x7f?\r")
	c.sees("<q?>")
	c.press("\x1a")
	c.wantReport("stopped by stopped")
	c.asFound()
	c.tells("fg")
	c.becomes(c.found.Raw())
	c.press("again\r")
	c.sees("<again>")
	c.press("\x04")
	c.sees("the end")
	c.wantReport("exit code 0")
	c.asFound()
}

// Ctrl-C at such a program is the signal that it always was.
func TestStdinCtrlC(t *testing.T) {
	c := openConsoleOver(t, "foreground", "--stdin", "--no-watch", "--handoff", "none", "--", "sh", "-c", "echo reads; read line")
	c.sees("reads")
	c.becomes(c.found.Raw())
	c.press("\x03")
	c.sees("draining, then stopping")
	c.wantReport("exit code 0")
	c.asFound()
}

// A program that wants every key gets those too that would be signals.
func TestStdinOfKeys(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := openConsoleOver(t, "foreground", "--stdin", "--no-watch", "--handoff", "none", "--", "sh", "-c", beRawEnv+`=1 exec "$0"`, self)
	c.sees("raw now")
	c.becomes(c.found.Raw())
	for _, k := range []byte{3, 4, 13, 26, 28, 'q', 'x'} {
		c.press(string(rune(k)))
		c.sees(fmt.Sprintf("byte %d\r", k))
	}
	c.wantReport("exit code 0")
	c.asFound()
}

func TestSignalsAmongKeys(t *testing.T) {
	m := tty.Modes{}
	copy(m.Cc[:], []uint8{3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 0}) // no susp
	rest, sigs := signalsIn([]byte("a\x03b\x1c\x1a\x00"), &m)
	if string(rest) != "ab\x1a\x00" || !slices.Equal(sigs, []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}) {
		t.Errorf("%q %v", rest, sigs)
	}
}

func TestTypedTo(t *testing.T) {
	gens := []supervisor.GenerationStatus{{ID: 4}, {ID: 5}}
	for _, c := range []struct {
		st   supervisor.Status
		want supervisor.GenID
	}{
		{supervisor.Status{}, 0},
		{supervisor.Status{Generations: gens}, 5},
		{supervisor.Status{Generations: gens, Generation: 4}, 4},
	} {
		if got := typedTo(c.st); got != c.want {
			t.Errorf("typed to %d, want %d", got, c.want)
		}
	}
}
