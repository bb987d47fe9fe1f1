package proc

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// serve listens and says which signals it gets. After the first it leaves in a
// while; or "slowly", no longer listening; or "never".
func helperServe(args []string) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	defer l.Close()
	how := append(args, "soon")[0]
	got := make(chan os.Signal, 16)
	signal.Notify(got, syscall.SIGTERM)
	say("serve", os.Getpid())
	var leave <-chan time.Time
	for {
		select {
		case sig := <-got:
			say("caught", int(sig.(syscall.Signal)))
			switch {
			case leave != nil || how == "never":
			case how == "slowly":
				_ = l.Close()
				leave = time.After(passedWithin + passedWithin/2)
			default:
				leave = time.After(200 * time.Millisecond)
			}
		case <-leave:
			return
		}
	}
}

// prefork has two workers that listen at one address, each on a socket of its
// own; it does not listen, and starts anew who ends before it is told to.
func helperPrefork(args []string) {
	if len(args) > 0 {
		preforked(args[0])
		return
	}
	// Bound, so that the port becomes nobody else's before a worker listens there, and also between two.
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(err)
	must(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	must(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := unix.Getsockname(fd)
	must(err)
	port := strconv.Itoa(at.(*unix.SockaddrInet4).Port)
	ended := make(chan *exec.Cmd)
	var workers []*exec.Cmd
	begin := func() {
		w := exec.Command(self, "helper:prefork", port)
		w.Stderr = os.Stderr
		out, err := w.StdoutPipe()
		must(err)
		must(w.Start())
		lines := bufio.NewReader(out)
		_, err = lines.ReadString('\n') // it listens
		must(err)
		workers = append(workers, w)
		go func() {
			_, _ = io.Copy(os.Stdout, lines)
			_ = w.Wait()
			ended <- w
		}()
	}
	begin()
	begin()
	told := make(chan os.Signal, 16)
	signal.Notify(told, syscall.SIGTERM)
	say("prefork", os.Getpid())
	for ending := false; len(workers) > 0; {
		select {
		case sig := <-told:
			say("master", int(sig.(syscall.Signal)))
			ending = true
			for _, w := range workers {
				_ = w.Process.Signal(sig)
			}
		case w := <-ended:
			workers = slices.DeleteFunc(workers, func(x *exec.Cmd) bool { return x == w })
			if !ending {
				begin()
			}
		}
	}
}

// preforked is a worker.
func preforked(port string) {
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { must(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)) })
	}}
	l, err := c.Listen(context.Background(), "tcp4", "127.0.0.1:"+port)
	must(err)
	defer l.Close()
	got := make(chan os.Signal, 16)
	signal.Notify(got, syscall.SIGTERM)
	say("listens")
	say("caught", int((<-got).(syscall.Signal)))
}
