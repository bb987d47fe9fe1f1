package proc

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hotswap-dev/hotswap/internal/thread"
)

// A program of tsx connects to PID.pipe, a socket of its parent, when it begins. If that succeeds, SIGINT and SIGTERM end
// the program by process.exit, so that its listeners for "exit" run; it reports the signals there. So the keeper
// listens where tsx would.

// pipePath returns the path of the socket.
func (k *keeper) pipePath() string { return filepath.Join(k.Pipes, strconv.Itoa(os.Getpid())+".pipe") }

// listen listens at the pipe, with the rights of the thread, and discards what comes.
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

// removePipe removes the socket, with the rights of the program's user, whose folder it is in.
func (k *keeper) removePipe() {
	if k.pipe == nil {
		return
	}
	_ = k.pipe.Close()
	thread.Own(func() {
		if thread.Become(k.As) == nil {
			_ = os.Remove(k.pipePath())
		}
	})
}
