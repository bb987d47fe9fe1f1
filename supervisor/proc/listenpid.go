package proc

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// sd_listen_fds(3) wants the program's own process ID in LISTEN_PID, and the ID is
// known only after fork. So where descriptors are passed, hotswap's binary is
// executed first: it sets the variable and becomes the program, which keeps the ID.

// programEnv holds the path of the program that [setListenPID] becomes.
const programEnv = "HOTSWAP_SHIM_EXEC"

// setListenPID sets LISTEN_PID and becomes the program, if this process was started for that. Otherwise it returns.
func setListenPID() {
	path, ok := os.LookupEnv(programEnv)
	if !ok {
		return
	}
	os.Unsetenv(programEnv)
	os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	err := syscall.Exec(path, os.Args, os.Environ())
	fmt.Fprintf(os.Stderr, "hotswap: %s: %v\n", plain.Line(path), err)
	os.Exit(126)
}
