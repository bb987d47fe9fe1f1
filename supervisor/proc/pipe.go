package proc

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// A program of tsx connects to PID.pipe, a socket of its parent, when it begins. If that succeeds, SIGINT and SIGTERM
// end the program by process.exit, so that its listeners for "exit" run; it reports the signals there. So the keeper
// listens where tsx would.

func (k *keeper) pipePath() string { return filepath.Join(k.Pipes, strconv.Itoa(os.Getpid())+".pipe") }

// listen listens at the pipe, and discards what comes.
func (k *keeper) listen() (err error) {
	_ = os.Remove(k.pipePath()) // of a process that was killed, and had this ID
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: k.pipePath(), Net: "unix"})
	if err != nil {
		return fmt.Errorf("a pipe for the program: %w", err)
	}
	l.SetUnlinkOnClose(false)
	k.pipe = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
	}()
	return nil
}

func (k *keeper) removePipe() {
	if k.pipe != nil {
		_, _ = k.pipe.Close(), os.Remove(k.pipePath())
	}
}
