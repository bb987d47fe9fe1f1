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

// listen listens at the pipe, and discards what comes.
func (k *keeper) listen() error {
	path := filepath.Join(k.Pipes, strconv.Itoa(os.Getpid())+".pipe")
	_ = os.Remove(path) // of a process that was killed, and had this ID
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("a pipe for the program: %w", err)
	}
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
		k.pipe.Close()
	}
}
