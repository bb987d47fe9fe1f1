package main

import (
	"bufio"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// resize changes the size of a terminal.
func resize(t *testing.T, person *os.File, rows, columns uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.Fatal(err)
	}
}

// atTerminal runs hotswap at a terminal of 100 columns; each line that it shows
// comes from the channel, which ends with the last process there.
func atTerminal(t *testing.T, args ...string) (person *os.File, end func(), shown <-chan string) {
	t.Helper()
	person, slave, err := tty.Open()
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	resize(t, person, 30, 100)
	cmd := asHotswap(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(person); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return person, func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		_ = cmd.Wait()
	}, lines
}

func shows(t *testing.T, shown <-chan string, pattern string) {
	t.Helper()
	want := regexp.MustCompile(pattern)
	var all []string
	timeout := time.After(patience)
	for {
		select {
		case l, ok := <-shown:
			l = strings.TrimSuffix(l, "\r")
			if all = append(all, l); ok && want.MatchString(l) {
				return
			}
			if !ok {
				t.Fatalf("the terminal ended without %q:\n%s", pattern, strings.Join(all, "\n"))
			}
		case <-timeout:
			t.Fatalf("the terminal does not show %q but\n%s", pattern, strings.Join(all, "\n"))
		}
	}
}

// At a terminal the program has one, of the same size, and hears when that
// changes. What it writes there comes as it would from itself.
func TestProgramHasATerminal(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("stty differs elsewhere")
	}
	script := `test -t 1 && test -t 2 && echo 'both are terminals'
		size() { stty size <&2; }
		trap size WINCH
		size
		printf '\033[31mred\033[0m\n'
		while :; do sleep 0.05; done`
	person, end, shown := atTerminal(t, "--no-watch", "--", "sh", "-c", script)
	defer end()
	shows(t, shown, "^both are terminals$")
	shows(t, shown, "^30 100$")
	shows(t, shown, "^\x1b\\[31mred\x1b\\[0m$")
	resize(t, person, 40, 120)
	shows(t, shown, "^40 120$")
}

// A line of hotswap's does not go on where the program has not ended its own.
func TestOwnLineAfterAPrompt(t *testing.T) {
	_, end, shown := atTerminal(t, "--no-watch", "--", "sh", "-c", "printf 'no newline'")
	defer end()
	shows(t, shown, "^no newline$")
	shows(t, shown, "^hotswap: generation 1 finished")
}
