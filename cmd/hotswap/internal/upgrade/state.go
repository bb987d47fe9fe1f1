package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// A hotswap that upgrades itself and the one that it starts talk over a
// SOCK_SEQPACKET pair, one JSON object a packet, for the child may be of
// another version:
//
//	child: hello    who it is
//	parent:   stateMessage   what there is, and how many gates follow
//	parent:   gate     each with its descriptor (SCM_RIGHTS), an endpoint's in the kernel's order
//	parent:   {}       each with the descriptor of a socket that is passed on as it is
//	child: failure only if it gives up, before it ends
//
// That it serves it says in tableflip's way.

// protocol is the version of these packets.
const protocol = 1

// errProtocol says that the two hotswaps cannot understand each other.
var errProtocol = errors.New("the two versions of hotswap speak different protocols: stop the one and start the other")

type hello struct {
	Protocol int `json:"protocol"`
	PID      int `json:"pid"`
}

type stateMessage struct {
	Protocol int        `json:"protocol"`
	Last     int        `json:"last"`   // generation
	Serves   []address  `json:"serves"` // what the next one must listen on to be ready
	Gates    int        `json:"gates"`
	Run      string     `json:"run,omitempty"`      // its name
	Control  string     `json:"control,omitempty"`  // the path of its socket
	Terminal *tty.Modes `json:"terminal,omitempty"` // as it was before all of us
	Built    int64      `json:"built,omitempty"`    // what has changed since then may not be built; in ms since 1970
	Passed   []passed   `json:"passed,omitempty"`   // by a socket activator, in the order of their numbers
}

// passed is a socket that a socket activator has passed to hotswap.
type passed struct {
	Name     string   `json:"name,omitempty"`
	Endpoint *address `json:"endpoint,omitempty"` // a gate is among those that follow
	What     string   `json:"what,omitempty"`     // else its descriptor follows the gates
}

type gate struct {
	address
	Steered  bool `json:"steered,omitempty"`
	Declared bool `json:"declared,omitempty"`
	Lent     bool `json:"lent,omitempty"`
}

type failure struct {
	Why string `json:"why"`
}

// address is a handoff.Endpoint as it travels.
type address struct {
	Network string         `json:"network"`
	Addr    netip.AddrPort `json:"addr"`
	V6Only  bool           `json:"v6only,omitempty"`
}

func addressOf(e handoff.Endpoint) address { return address(e) }

// endpoint is the address, checked: it names a group of the kernel's.
func (a address) endpoint() (handoff.Endpoint, error) {
	ip := a.Addr.Addr()
	if a.Addr.Port() == 0 || ip.Is4() != (a.Network == "tcp4") || !ip.Is4() && a.Network != "tcp6" || ip.Is4() && a.V6Only || !ip.IsValid() {
		return handoff.Endpoint{}, fmt.Errorf("%s %s is no endpoint", a.Network, a.Addr)
	}
	return handoff.Endpoint(a), nil
}

// state is what an parent leaves; its zero value: nothing.
type state struct {
	Last   handoff.GenID
	Serves []handoff.Endpoint
	Gates  []reuseport.GateTransfer

	Built        time.Time // what has changed since then may not be built; zero: nothing is
	Run, Control string
	Terminal     *tty.Modes
	Activation   systemd.Activation
}

// descriptors go beside the packets but the first.
func (e state) descriptors() (out []int) {
	for _, g := range e.Gates {
		out = append(out, g.FD)
	}
	for _, s := range e.Activation {
		if !s.Alone() {
			out = append(out, s.FD)
		}
	}
	return out
}

// packets are the state as it travels.
func (e state) packets() [][]byte {
	l := stateMessage{Protocol: protocol, Last: int(e.Last), Gates: len(e.Gates), Run: e.Run, Control: e.Control, Terminal: e.Terminal}
	if !e.Built.IsZero() {
		l.Built = e.Built.UnixMilli()
	}
	for _, s := range e.Serves {
		l.Serves = append(l.Serves, addressOf(s))
	}
	for _, s := range e.Activation {
		p := passed{Name: s.Name, What: s.What}
		if s.Alone() {
			at := addressOf(s.Endpoint)
			p.Endpoint = &at
		}
		l.Passed = append(l.Passed, p)
	}
	out := [][]byte{packet(l)}
	for _, g := range e.Gates {
		out = append(out, packet(gate{addressOf(g.Endpoint), g.Steered, g.Declared, g.Activated}))
	}
	for _, s := range e.Activation {
		if !s.Alone() {
			out = append(out, packet(struct{}{}))
		}
	}
	return out
}

// readState reads the first packet; the gates follow.
func readState(b []byte) (e state, gates int, err error) {
	var l stateMessage
	switch err := json.Unmarshal(b, &l); {
	case l.Protocol != protocol && l.Protocol != 0:
		return e, 0, errProtocol
	case err != nil:
		return e, 0, fmt.Errorf("stateMessage: %w", err)
	case l.Protocol == 0 || l.Last < 0 || l.Gates < 0:
		return e, 0, errors.New("stateMessage: it makes no sense")
	}
	e.Last, e.Control, e.Terminal = handoff.GenID(l.Last), l.Control, l.Terminal
	if l.Built > 0 {
		e.Built = time.UnixMilli(l.Built)
	}
	if record.ValidName(l.Run) { // it becomes part of file names
		e.Run = l.Run
	}
	for _, a := range l.Serves {
		s, err := a.endpoint()
		if err != nil {
			return e, 0, fmt.Errorf("stateMessage: %w", err)
		}
		e.Serves = append(e.Serves, s)
	}
	for _, p := range l.Passed {
		s := systemd.InheritedSocket{What: p.What}
		s.Name, s.FD = p.Name, -1
		if p.Endpoint != nil {
			if s.Endpoint, err = p.Endpoint.endpoint(); err != nil {
				return e, 0, fmt.Errorf("stateMessage: %w", err)
			}
		}
		e.Activation = append(e.Activation, s)
	}
	return e, l.Gates, nil
}

// readGate reads a gate; fd came beside it.
func readGate(b []byte, fd int) (reuseport.GateTransfer, error) {
	var g gate
	if err := json.Unmarshal(b, &g); err != nil {
		return reuseport.GateTransfer{}, fmt.Errorf("gate: %w", err)
	}
	e, err := g.endpoint()
	if err != nil {
		return reuseport.GateTransfer{}, fmt.Errorf("gate: %w", err)
	}
	return reuseport.GateTransfer{Endpoint: e, Steered: g.Steered, Declared: g.Declared, Activated: g.Lent, FD: fd}, nil
}

// readHello reads what the child says first.
func readHello(b []byte) (hello, error) {
	var h hello
	switch err := json.Unmarshal(b, &h); {
	case h.Protocol != protocol && h.Protocol != 0:
		return h, errProtocol
	case err != nil:
		return h, fmt.Errorf("hello: %w", err)
	case h.Protocol == 0 || h.PID <= 0:
		return h, errors.New("hello: it makes no sense")
	}
	return h, nil
}

// readFailure is why the child gives up; "" if it does not say.
func readFailure(b []byte) string {
	var f failure
	_ = json.Unmarshal(b, &f)
	return f.Why
}

// packet never fails: what travels is numbers and texts.
func packet(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
