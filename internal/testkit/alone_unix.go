//go:build unix

package testkit

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// Alone makes what the tests of this process start independent of whoever has started the tests. Programs do not
// inherit that SIGHUP or SIGINT is ignored, as below nohup or in the background of a shell script (signal(7)), nor
// the variables that hotswap gives to a program, such as a shell. Temporary folders are in /tmp where TMPDIR has a
// space, at which orders to helpers end, or is so long that the path of a socket below it is too long (unix(7)). Where
// python3 is pyenv's script, which looks for the version at each start for a third of a second, that version is found
// first.
func Alone() {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig) // what is caught here, exec sets to the default
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name == "PORT" || name == "HOST" || name == "NODE_OPTIONS" || strings.HasPrefix(name, "HOTSWAP_") {
			_ = os.Unsetenv(name)
		}
	}
	if strings.Contains(os.TempDir(), " ") || len(os.TempDir()) > 30 {
		_ = os.Unsetenv("TMPDIR")
	}
	if python, err := exec.LookPath("python3"); err == nil && strings.Contains(python, "/shims/") {
		if prefix, err := exec.Command(python, "-c", "import sys; print(sys.prefix, end='')").Output(); err == nil {
			_ = os.Setenv("PATH", string(prefix)+"/bin:"+os.Getenv("PATH"))
		}
	}
}
