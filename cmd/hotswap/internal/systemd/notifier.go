package systemd

import (
	"net"
	"os"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Notifier is the service manager that started hotswap and wants to be told how
// it goes (sd_notify(3), Type=notify), or nobody. The program never reaches it:
// each of its generations would be the service's own READY=1.
//
// The supervisor's loop says things here, so saying does not wait: a goroutine
// sends them.
type Notifier struct {
	socket string
	ready  bool          // to be told yet
	queue  chan string   // messages to send; nil without a manager
	done   chan struct{} // closed when the goroutine has ended; nil likewise
}

const (
	// managerPatience is how long a message may wait for room in the manager's
	// queue: nothing of hotswap depends on it.
	managerPatience = 5 * time.Second
	// managerLast is how long the end waits for messages that are not sent yet.
	managerLast = time.Second
	// managerQueue is more than hotswap has to say at a time, but for signs of life.
	managerQueue = 16
)

// NewNotifier finds it. untold: it does not know yet that the service is ready.
func NewNotifier(untold bool) *Notifier {
	m := &Notifier{socket: os.Getenv(readiness.NotifySocket), ready: untold}
	if m.socket == "" {
		return m
	}
	m.queue, m.done = make(chan string, managerQueue), make(chan struct{})
	go func() {
		defer close(m.done)
		for text := range m.queue {
			m.send(text)
		}
	}()
	return m
}

// close waits a moment until all is sent. Nothing may be said afterwards.
func (m *Notifier) Close() {
	if m.queue == nil {
		return
	}
	close(m.queue)
	select {
	case <-m.done:
	case <-time.After(managerLast):
	}
}

// Note passes on what the supervisor tells and the manager wants to know.
func (m *Notifier) Note(n supervisor.Notice) {
	switch n.(type) {
	case supervisor.NoticeServing, supervisor.NoticeRunning:
		if m.ready {
			m.ready = false
			m.Say("READY=1")
		}
	case supervisor.NoticeStopping:
		m.Say("STOPPING=1")
	}
}

// say sends lines, soon. That they do not arrive changes nothing for hotswap.
func (m *Notifier) Say(lines ...string) {
	select {
	case m.queue <- strings.Join(lines, "\n"):
	default: // there is no manager, or it has not read for long
	}
}

// alive says that the caller is. Of several signs of life that wait for the manager
// one is enough.
func (m *Notifier) alive() {
	if len(m.queue) == 0 {
		m.Say(SignOfLife)
	}
}

func (m *Notifier) send(text string) {
	// An "@" for an abstract name is package net's too.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(managerPatience))
	_, _ = conn.Write([]byte(text))
}
