package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Parent and child talk over a SOCK_SEQPACKET pair, one JSON object a packet, because the
// child may be of another version:
//
//	child:  hello         its process
//	parent: stateMessage  the state, and the number of gates that follow
//	parent: gate          each with its descriptor (SCM_RIGHTS), those of an endpoint in the kernel's order
//	parent: {}            each with the descriptor of a socket that is passed on unchanged
//	parent: {}            with the descriptor over which the programs' state comes (place.Server.Borrow)
//	parent: leftover      if the state says so: what rules have yet to do
//	child:  failure       only if the child gives up
//
// The child reports by tableflip that it serves.

// protocol is the version of these packets.
const protocol = 1

var errProtocol = errors.New("the two versions of hotswap speak different protocols: stop this hotswap and start the other")

type hello struct {
	Protocol int `json:"protocol"`
	PID      int `json:"pid"`
}

type stateMessage struct {
	Protocol int        `json:"protocol"`
	Last     int        `json:"last"`
	Serves   []address  `json:"serves"`
	Gates    int        `json:"gates"`
	Run      string     `json:"run,omitempty"`
	Control  string     `json:"control,omitempty"`
	Terminal *tty.Modes `json:"terminal,omitempty"`
	Built    int64      `json:"built,omitempty"` // in milliseconds since 1970
	Paused   int64      `json:"paused,omitempty"`
	Kept     int64      `json:"kept,omitempty"`
	Passed   []passed   `json:"passed,omitempty"`
	Places   bool       `json:"places,omitempty"` // the last descriptor comes, too
	Leftover bool       `json:"leftover,omitempty"`
}

// leftover is what the rules of the project have yet to do besides what Kept says.
type leftover struct {
	Gone []string   `json:"gone,omitempty"`
	Owed []owedStep `json:"owed,omitempty"`
}

type owedStep struct {
	Command string `json:"command"`
	Dir     string `json:"dir,omitempty"`
	Alone   bool   `json:"alone,omitempty"`
}

// maxPacket is the longest packet that is read.
const maxPacket = 64 << 10

// maxLeftover bounds the texts of a leftover in bytes, so that it fits into a packet: JSON makes up to six bytes
// of one. Of more files than that, the rules of those in front run.
const maxLeftover = maxPacket / 8

// passed is a socket from a socket activator. Either its gate is among those that follow,
// and Endpoint names the gate, or its descriptor follows the gates.
type passed struct {
	Name     string   `json:"name,omitempty"`
	Endpoint *address `json:"endpoint,omitempty"`
	What     string   `json:"what,omitempty"`
}

type gate struct {
	address
	Steered  bool `json:"steered,omitempty"`
	Declared bool `json:"declared,omitempty"`
	Lent     bool `json:"lent,omitempty"`
	Unserved bool `json:"unserved,omitempty"`
}

type failure struct {
	Why string `json:"why"`
}

// address is a handoff.Endpoint on the wire.
type address struct {
	Network string         `json:"network"`
	Addr    netip.AddrPort `json:"addr"`
	V6Only  bool           `json:"v6only,omitempty"`
}

// endpoint checks that the address names a reuseport group.
func (a address) endpoint() (handoff.Endpoint, error) {
	ip := a.Addr.Addr()
	if a.Addr.Port() == 0 || ip.Is4() != (a.Network == "tcp4") || !ip.Is4() && a.Network != "tcp6" || ip.Is4() && a.V6Only || !ip.IsValid() {
		return handoff.Endpoint{}, fmt.Errorf("%s %s is no endpoint", a.Network, a.Addr)
	}
	return handoff.Endpoint(a), nil
}

// State is what a parent leaves to its child.
type State struct {
	Last   handoff.GenID      // the parent's last generation
	Serves []handoff.Endpoint // what the child's first generation must listen on to be ready
	Gates  []reuseport.GateTransfer

	Built        time.Time     // changes since then may not be built; zero: nothing is built
	Paused       time.Time     // since when changes are kept; zero: they are not
	Kept         time.Time     // what has changed since then, rules may not have seen; zero: no files are watched
	Gone         []string      // files that were removed, and no rule has seen it
	Owed         []report.Step // that have yet to run; only Command, Dir and Alone
	Run, Control string        // the run's name, and the path of its control socket
	Terminal     *tty.Modes    // as the first hotswap found them
	Activation   systemd.Activation

	Places int // a descriptor for place.Server.Borrow; 0: there is none
}

// stateFor returns what a child that begins generation number must know.
func (u *Upgrade) stateFor(number handoff.GenID, st report.Status, now time.Time) State {
	s := State{
		Last: number - 1, Serves: u.Inherited.Serves, Built: builtSince(st.Builds, now),
		Run: u.Instance.Name(), Control: u.Instance.SocketPath(), Terminal: u.cfg.Terminal.Found(), Activation: u.Activation,
	}
	if s.Built.IsZero() {
		s.Built = u.Inherited.Built
	}
	if u.Kept != nil {
		// What changes from now on is the child's. Its watcher allows for the coarseness of clocks.
		s.Paused, s.Kept, s.Gone = u.Kept()
		if s.Kept.IsZero() || now.Before(s.Kept) {
			s.Kept = now
		}
	}
	for _, step := range st.Owed {
		s.Owed = append(s.Owed, report.Step{Command: step.Command, Dir: step.Dir, Alone: step.Alone})
	}
	for _, l := range st.Lives { // the generation that serves, or else the last that did
		if !l.Served.IsZero() && (st.Generation == 0 || l.Gen <= st.Generation) {
			s.Serves = l.Serves
		}
	}
	return s
}

// longAgo is how long after a build this process has seen every change that came during
// the build. Git may hold a batch back for half a minute.
const longAgo = time.Minute

// builtSince returns the time since which the child must look for changes: the start of the
// last successful build, since nobody may have seen the changes during that build, or its
// end if that was long ago.
func builtSince(builds []report.BuildLife, now time.Time) time.Time {
	for _, b := range slices.Backward(builds) {
		switch {
		case !b.Succeeded:
		case now.Sub(b.Ended) > longAgo:
			return b.Ended
		default:
			return b.Began
		}
	}
	return time.Time{}
}

// descriptors returns the descriptor of each packet but the first.
func (s State) descriptors() (out []int) {
	for _, g := range s.Gates {
		out = append(out, g.FD)
	}
	for _, a := range s.Activation {
		if !a.Alone() {
			out = append(out, a.FD)
		}
	}
	if s.Places != 0 {
		out = append(out, s.Places)
	}
	return out
}

// packets encodes the state.
func (s State) packets() [][]byte {
	m := stateMessage{Protocol: protocol, Last: int(s.Last), Gates: len(s.Gates), Run: s.Run, Control: s.Control, Terminal: s.Terminal, Places: s.Places != 0}
	if !s.Built.IsZero() {
		m.Built = s.Built.UnixMilli()
	}
	if !s.Paused.IsZero() {
		m.Paused = s.Paused.UnixMilli()
	}
	if !s.Kept.IsZero() {
		m.Kept = s.Kept.UnixMilli()
	}
	for _, e := range s.Serves {
		m.Serves = append(m.Serves, address(e))
	}
	var gates, shared, left [][]byte
	if len(s.Gone)+len(s.Owed) > 0 {
		m.Leftover, left = true, [][]byte{packet(s.leftover())}
	}
	for _, g := range s.Gates {
		gates = append(gates, packet(gate{address(g.Endpoint), g.Steered, g.Declared, g.Activated, g.Unserved}))
	}
	for _, a := range s.Activation {
		p := passed{Name: a.Name, What: a.What}
		if a.Alone() {
			at := address(a.Endpoint)
			p.Endpoint = &at
		} else {
			shared = append(shared, packet(struct{}{}))
		}
		m.Passed = append(m.Passed, p)
	}
	if m.Places {
		shared = append(shared, packet(struct{}{}))
	}
	return slices.Concat([][]byte{packet(m)}, gates, shared, left)
}

// leftover encodes what rules have yet to do.
func (s State) leftover() (l leftover) {
	room := maxLeftover
	fits := func(texts ...string) bool {
		need := 64 // for what stands around them
		for _, text := range texts {
			need += len(text)
		}
		if need > room {
			return false
		}
		room -= need
		return true
	}
	for _, step := range s.Owed {
		if fits(step.Command, step.Dir) {
			l.Owed = append(l.Owed, owedStep{step.Command, step.Dir, step.Alone})
		}
	}
	for _, path := range s.Gone {
		if fits(path) {
			l.Gone = append(l.Gone, path)
		}
	}
	return l
}

// readLeftover decodes what rules have yet to do.
func (s *State) readLeftover(b []byte) error {
	var l leftover
	if err := json.Unmarshal(b, &l); err != nil {
		return fmt.Errorf("leftover: %w", err)
	}
	s.Gone = l.Gone
	for _, step := range l.Owed {
		s.Owed = append(s.Owed, report.Step{Command: step.Command, Dir: step.Dir, Alone: step.Alone})
	}
	return nil
}

// readState decodes the first packet and returns how many gates follow, and whether a leftover does.
func readState(b []byte) (s State, gates int, left bool, err error) {
	var m stateMessage
	switch err := json.Unmarshal(b, &m); {
	case m.Protocol != protocol && m.Protocol != 0:
		return s, 0, false, errProtocol
	case err != nil:
		return s, 0, false, fmt.Errorf("state: %w", err)
	case m.Protocol == 0 || m.Last < 0 || m.Gates < 0:
		return s, 0, false, errors.New("state: invalid numbers")
	}
	s.Last, s.Control, s.Terminal = handoff.GenID(m.Last), m.Control, m.Terminal
	if m.Built > 0 {
		s.Built = time.UnixMilli(m.Built)
	}
	if m.Paused > 0 {
		s.Paused = time.UnixMilli(m.Paused)
	}
	if m.Kept > 0 {
		s.Kept = time.UnixMilli(m.Kept)
	}
	if record.ValidName(m.Run) { // the name becomes part of file names
		s.Run = m.Run
	}
	for _, a := range m.Serves {
		e, err := a.endpoint()
		if err != nil {
			return s, 0, false, fmt.Errorf("state: %w", err)
		}
		s.Serves = append(s.Serves, e)
	}
	for _, p := range m.Passed {
		a := systemd.Socket{What: p.What}
		a.Name, a.FD = p.Name, -1
		if p.Endpoint != nil {
			if a.Endpoint, err = p.Endpoint.endpoint(); err != nil {
				return s, 0, false, fmt.Errorf("state: %w", err)
			}
		}
		s.Activation = append(s.Activation, a)
	}
	if m.Places {
		s.Places = -1
	}
	return s, m.Gates, m.Leftover, nil
}

// readGate decodes a gate whose descriptor is fd.
func readGate(b []byte, fd int) (reuseport.GateTransfer, error) {
	var g gate
	err := json.Unmarshal(b, &g)
	var e handoff.Endpoint
	if err == nil {
		e, err = g.endpoint()
	}
	if err != nil {
		return reuseport.GateTransfer{}, fmt.Errorf("gate: %w", err)
	}
	return reuseport.GateTransfer{Endpoint: e, Steered: g.Steered, Declared: g.Declared, Activated: g.Lent, Unserved: g.Unserved, FD: fd}, nil
}

func readHello(b []byte) (hello, error) {
	var h hello
	switch err := json.Unmarshal(b, &h); {
	case h.Protocol != protocol && h.Protocol != 0:
		return h, errProtocol
	case err != nil:
		return h, fmt.Errorf("hello: %w", err)
	case h.Protocol == 0 || h.PID <= 0:
		return h, errors.New("hello: invalid numbers")
	}
	return h, nil
}

// packet encodes v, which must consist of numbers and texts.
func packet(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
