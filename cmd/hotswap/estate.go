package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// A hotswap that renews itself and the one that it starts talk over a
// SOCK_SEQPACKET pair, one JSON object a packet, for the younger one may be of
// another version:
//
//	younger: hello    who it is
//	elder:   legacy   what there is, and how many gates follow
//	elder:   gate     each with its descriptor (SCM_RIGHTS), an endpoint's in the kernel's order
//	elder:   {}       each with the descriptor of a socket that is passed on as it is
//	younger: farewell only if it gives up, before it ends
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

type legacy struct {
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

type farewell struct {
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

// estate is what an elder hotswap leaves; its zero value: nothing.
type estate struct {
	last   handoff.GenID
	serves []handoff.Endpoint
	gates  []reuseport.Bequest

	built        time.Time // what has changed since then may not be built; zero: nothing is
	run, control string
	terminal     *tty.Modes
	activation   activation
}

// descriptors go beside the packets but the first.
func (e estate) descriptors() (out []int) {
	for _, g := range e.gates {
		out = append(out, g.FD)
	}
	for _, s := range e.activation {
		if !s.Alone() {
			out = append(out, s.FD)
		}
	}
	return out
}

// packets are the estate as it travels.
func (e estate) packets() [][]byte {
	l := legacy{Protocol: protocol, Last: int(e.last), Gates: len(e.gates), Run: e.run, Control: e.control, Terminal: e.terminal}
	if !e.built.IsZero() {
		l.Built = e.built.UnixMilli()
	}
	for _, s := range e.serves {
		l.Serves = append(l.Serves, addressOf(s))
	}
	for _, s := range e.activation {
		p := passed{Name: s.Name, What: s.what}
		if s.Alone() {
			at := addressOf(s.Endpoint)
			p.Endpoint = &at
		}
		l.Passed = append(l.Passed, p)
	}
	out := [][]byte{packet(l)}
	for _, g := range e.gates {
		out = append(out, packet(gate{addressOf(g.Endpoint), g.Steered, g.Declared, g.Lent}))
	}
	for _, s := range e.activation {
		if !s.Alone() {
			out = append(out, packet(struct{}{}))
		}
	}
	return out
}

// readLegacy reads the first packet; the gates follow.
func readLegacy(b []byte) (e estate, gates int, err error) {
	var l legacy
	switch err := json.Unmarshal(b, &l); {
	case l.Protocol != protocol && l.Protocol != 0:
		return e, 0, errProtocol
	case err != nil:
		return e, 0, fmt.Errorf("legacy: %w", err)
	case l.Protocol == 0 || l.Last < 0 || l.Gates < 0:
		return e, 0, errors.New("legacy: it makes no sense")
	}
	e.last, e.control, e.terminal = handoff.GenID(l.Last), l.Control, l.Terminal
	if l.Built > 0 {
		e.built = time.UnixMilli(l.Built)
	}
	if record.Named(l.Run) { // it becomes part of file names
		e.run = l.Run
	}
	for _, a := range l.Serves {
		s, err := a.endpoint()
		if err != nil {
			return e, 0, fmt.Errorf("legacy: %w", err)
		}
		e.serves = append(e.serves, s)
	}
	for _, p := range l.Passed {
		s := inheritedSocket{what: p.What}
		s.Name, s.FD = p.Name, -1
		if p.Endpoint != nil {
			if s.Endpoint, err = p.Endpoint.endpoint(); err != nil {
				return e, 0, fmt.Errorf("legacy: %w", err)
			}
		}
		e.activation = append(e.activation, s)
	}
	return e, l.Gates, nil
}

// readGate reads a gate; fd came beside it.
func readGate(b []byte, fd int) (reuseport.Bequest, error) {
	var g gate
	if err := json.Unmarshal(b, &g); err != nil {
		return reuseport.Bequest{}, fmt.Errorf("gate: %w", err)
	}
	e, err := g.endpoint()
	if err != nil {
		return reuseport.Bequest{}, fmt.Errorf("gate: %w", err)
	}
	return reuseport.Bequest{Endpoint: e, Steered: g.Steered, Declared: g.Declared, Lent: g.Lent, FD: fd}, nil
}

// readHello reads what the younger says first.
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

// readFarewell is why the younger gives up; "" if it does not say.
func readFarewell(b []byte) string {
	var f farewell
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
