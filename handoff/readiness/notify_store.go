package readiness

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Descriptors is the descriptor store of the program (sd_notify(3)).
type Descriptors interface {
	Store(name string, fd int, watched bool) error // owns the descriptor, also if it fails
	Drop(name string) bool                         // what has this name
}

// defaultName is that of systemd.
const defaultName = "stored"

// storeMessage is what a datagram says about descriptors.
type storeMessage struct {
	Store     bool
	Remove    bool
	Name      string
	Unwatched bool // FDPOLL=0
}

func parseStore(b []byte) (m storeMessage) {
	for line := range strings.SplitSeq(string(b), "\n") {
		switch name, value, _ := strings.Cut(line, "="); name {
		case "FDSTORE":
			m.Store = value == "1"
		case "FDSTOREREMOVE":
			m.Remove = value == "1"
		case "FDNAME":
			m.Name = value
		case "FDPOLL":
			m.Unwatched = value == "0"
		}
	}
	return m
}

// store obeys a datagram, and returns the descriptors that it has not taken over. As in systemd, a
// message removes before it stores.
func (s *notifySession) store(b []byte, fds []int, report func(handoff.Event)) (left []int) {
	m := parseStore(b)
	if s.descriptors == nil {
		return fds
	}
	if m.Remove {
		s.descriptors.Drop(m.Name) // no descriptor has the name ""
	}
	if !m.Store {
		return fds
	}
	if m.Name == "" {
		m.Name = defaultName
	}
	for _, fd := range fds {
		if err := s.descriptors.Store(m.Name, fd, !m.Unwatched); err != nil {
			report(handoff.Status{Gen: s.gen, Text: "FDSTORE=1 failed: " + printable(err.Error())})
		}
	}
	return nil
}
