// Package systemd speaks with the service manager that started hotswap: it takes over the sockets that the manager
// passed (socket activation), reports the state of the service (sd_notify), and tells the manager's watchdog that
// hotswap lives. It works with every manager that speaks these protocols.
package systemd

import (
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Notifier sends messages to the service manager that started hotswap (sd_notify(3),
// Type=notify), if one did. The program cannot reach that manager, because each of its
// generations would be the service's own READY=1.
//
// Sending never blocks, so the supervisor's loop may do it.
type Notifier struct {
	socket   string
	watchdog time.Duration // the interval of the manager's watchdog; 0: there is none
	began    chan struct{} // closed when this hotswap has a generation that serves
	begin    func()        // closes began, and tells the manager that the service is ready
	done     chan struct{} // closed when all messages are sent

	mu    sync.Mutex  // guards queue
	queue chan string // nil: there is no manager, or hotswap ends
}

// queueLength is more messages than hotswap sends at a time.
const queueLength = 16

// NewNotifier returns the notifier of the environment's service manager. ready: the manager knows that the
// service is.
func NewNotifier(ready bool) *Notifier {
	n := &Notifier{socket: os.Getenv(readiness.NotifySocket), watchdog: watchdog(), began: make(chan struct{})}
	n.begin = sync.OnceFunc(func() {
		if !ready {
			n.Send("READY=1")
		}
		close(n.began)
	})
	if n.socket == "" {
		return n
	}
	queue := make(chan string, queueLength)
	n.queue, n.done = queue, make(chan struct{})
	go func() {
		defer close(n.done)
		for text := range queue {
			n.write(text)
		}
	}()
	return n
}

// Close waits at most a second until all messages are sent. What is sent afterwards is dropped.
func (n *Notifier) Close() {
	n.mu.Lock()
	queue := n.queue
	n.queue = nil
	n.mu.Unlock()
	if queue == nil {
		return
	}
	close(queue)
	select {
	case <-n.done:
	case <-time.After(wait.Reader):
	}
}

// Notice tells the manager that the service is ready, or stops.
func (n *Notifier) Notice(notice report.Notice) {
	switch notice.(type) {
	case report.NoticeServing, report.NoticeRunning:
		n.begin()
	case report.NoticeStopping:
		n.Send("STOPPING=1")
	}
}

// Send queues one message of several lines. The message is dropped if there is no manager,
// or if the manager has not read for long.
func (n *Notifier) Send(lines ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case n.queue <- strings.Join(lines, "\n"):
	default:
	}
}

// Refer refers the manager to another process, and closes the notifier. The manager accepts that from the present main
// process only.
func (n *Notifier) Refer(pid int) {
	n.Close()
	last := NewNotifier(true) // whose queue has room, if the manager has not read for long
	last.Send("MAINPID=" + strconv.Itoa(pid))
	last.Close()
}

func (n *Notifier) write(text string) {
	// Package net takes "@" for an abstract name, as sd_notify(3) does.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetWriteDeadline(time.Now().Add(wait.Answer))
	conn.Write([]byte(text))
}
