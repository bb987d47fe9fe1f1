package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
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
	c := openConsoleOver(t, "foreground", "--stdin", "--no-watch", "--ready", "start", "--",
		"sh", "-c", `test -t 0 && echo at a terminal; while read line; do echo "<$line>"; done; echo the end`)
	c.Sees("at a terminal")
	c.Sees("generation 1 runs")
	c.becomes(c.Was.Raw())
	c.Type("qr\x7f?\r")
	c.Sees("<q?>")
	c.Type("\x1a")
	c.wantReport("stopped by stopped")
	c.AsFound()
	c.tells("fg")
	c.becomes(c.Was.Raw())
	c.Type("again\r")
	c.Sees("<again>")
	c.Type("\x04")
	c.Sees("the end")
	c.wantReport("exit code 0")
	c.AsFound()
}

// A program that wants every key gets those too that would be signals.
func TestStdinOfKeys(t *testing.T) {
	self := testkit.Must(os.Executable())(t)
	c := openConsoleOver(t, "foreground", "--stdin", "--no-watch", "--", "sh", "-c", beRawEnv+`=1 exec "$0"`, self)
	c.Sees("raw now")
	c.becomes(c.Was.Raw())
	for _, k := range []byte{3, 4, 13, 26, 28, 'q', 'x'} {
		c.Type(string(rune(k)))
		c.Sees(fmt.Sprintf("byte %d", k))
	}
	c.wantReport("exit code 0")
	c.AsFound()
}
