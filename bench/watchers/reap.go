//go:build unix

package watchers

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Reap is "bench reap COMMAND …", below which every contender runs: it waits for each process that loses its parent.
// nodemon ends a shell before the program below it, and the kernel would count that program's processor time for
// nobody whom the benchmark knows.
func Reap(argv []string) error {
	if len(argv) == 0 {
		return errors.New("reap needs a command")
	}
	if err := adoptOrphans(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if pid == cmd.Process.Pid {
			os.Exit(status.ExitStatus() & 0xff)
		}
	}
}
