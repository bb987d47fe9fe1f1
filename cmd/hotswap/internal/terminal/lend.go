package terminal

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Lend runs a command at our terminal, as a shell does: Ctrl-C is for that command alone. It returns the exit code as
// shells do, 128+n for a signal.
func Lend(command []string) (code int, err error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, proc.Heeded(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for sig := range signals {
			if sig == syscall.SIGTERM || sig == syscall.SIGHUP { // the terminal sends the others to both
				_ = cmd.Process.Signal(sig)
			}
		}
	}()
	err = cmd.Wait()
	if cmd.ProcessState == nil {
		return 0, err
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return status.ExitStatus(), nil
}
