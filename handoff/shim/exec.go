//go:build unix

package shim

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// execEnv holds the path of the program to execute.
const execEnv = "HOTSWAP_SHIM_EXEC"

// Environ is env with what makes [Main] execute the program at path.
func Environ(env []string, path string) []string {
	return append(env[:len(env):len(env)], execEnv+"="+path)
}

// Main becomes the program, if this process was started for that: it sets
// LISTEN_PID and executes the program with its own arguments. Otherwise it
// returns. To be called before anything else in main.
func Main() {
	path, ok := os.LookupEnv(execEnv)
	if !ok {
		return
	}
	_ = os.Unsetenv(execEnv)
	_ = os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	err := syscall.Exec(path, os.Args, os.Environ())
	fmt.Fprintf(os.Stderr, "hotswap: %s: %v\n", plain.Line(path), err)
	os.Exit(126)
}
