package main

import (
	"net"
	"os"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/notify"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// manager is the service manager that started hotswap and wants to be told how
// it goes (sd_notify(3), Type=notify), or nobody. The program never reaches it:
// each of its generations would be the service's own READY=1.
type manager struct {
	socket string
	ready  bool // to be told yet
}

// managerPatience is how long a message may wait for room in the manager's
// queue: nothing of hotswap depends on it.
const managerPatience = 100 * time.Millisecond

// newManager finds it. untold: it does not know yet that the service is ready.
func newManager(untold bool) *manager {
	return &manager{socket: os.Getenv(notify.Variable), ready: untold}
}

// notice looks at what the supervisor tells, after tell is told.
func (m *manager) notice(tell func(any)) func(any) {
	return func(n any) {
		tell(n)
		switch n.(type) {
		case supervisor.NoticeServing:
			if m.ready {
				m.ready = false
				m.say("READY=1")
			}
		case supervisor.NoticeStopping:
			m.say("STOPPING=1")
		}
	}
}

// say sends lines. That they do not arrive changes nothing for hotswap.
func (m *manager) say(lines ...string) {
	if m.socket == "" {
		return
	}
	// An "@" for an abstract name is package net's too.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(managerPatience))
	_, _ = conn.Write([]byte(strings.Join(lines, "\n")))
}
