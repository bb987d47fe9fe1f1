package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

const (
	protocol = 1       // the version that we speak
	maxLine  = 1 << 20 // of what an adapter writes
)

// Message is what an adapter says: one of hello, listening, state, files, give, taken
// and told.
type Message interface{ message() }

// Hello is the first one.
type Hello struct {
	Version int    `json:"version"`
	PID     int    `json:"pid"`
	Thread  int    `json:"thread"`
	Node    string `json:"node"`
	Began   int64  `json:"began"` // when its process did, ms since 1970; 0: not told
}

// Listening names a local port of whose connections the adapter tells.
type Listening struct {
	Port uint16 `json:"port"`
}

// State is how a thread's drain stands.
type State struct {
	Seq         int `json:"seq"`         // of the look that it answers; 0: of none
	Connections int `json:"connections"` // of the thread's servers
	Busy        int `json:"busy"`        // of these, those that a drain waits for
	WebSockets  int `json:"websockets"`
	Finished    int `json:"finished"` // requests seen to end while draining
	Closed      int `json:"closed"`   // connections that the adapter has ended
}

// Kinds of a loaded file.
const (
	CommonJS = "cjs"
	ESModule = "esm"
	JSON     = "json"
	Addon    = "addon" // native code
)

// File is one that a thread has loaded as a module.
type File struct {
	Path string `json:"path"` // absolute, without symbolic links
	Kind string `json:"kind"`
	// Imported: a CommonJS file that no other one has required.
	Imported bool `json:"imported"`
}

// Files is a part of the answer to an order of the same name: files that were not
// told before, in the order in which they were loaded. The last part has the rest.
type Files struct {
	Seq   int    `json:"seq"`
	Files []File `json:"files"`
	Done  bool   `json:"done"`
	Exact bool   `json:"exact"` // no file was loaded that has not been told
	Main  string `json:"main"`  // what Node was told to run; "": no file

	ExecArgv []string `json:"execArgv"` // Node's options on its command line
	Holdable bool     `json:"holdable"` // Node has read Module.runMain before it ran Main
	Env      []string `json:"env"`      // the names of variables that the program has changed
}

// Give hands a WebSocket over: with it comes the socket.
type Give struct {
	Port uint16          `json:"port"` // the local one
	Load json.RawMessage `json:"load"` // for whoever takes it
}

// Taken answers a take.
type Taken struct {
	ID    int    `json:"id"`
	Error string `json:"error"` // why it is not taken; empty: it is
}

// Refused says why a WebSocket was not handed over. Its client is told to reconnect.
type Refused struct {
	Reason string `json:"reason"`
}

// Off names a feature of the adapter that this version of Node does not allow, and the
// internal shape of Node that is not as expected.
type Off struct {
	Feature string `json:"feature"`
	What    string `json:"what"`
}

func (Hello) message()     {}
func (Listening) message() {}
func (State) message()     {}
func (Files) message()     {}
func (Give) message()      {}
func (Taken) message()     {}
func (Refused) message()   {}
func (Off) message()       {}

// errVersion is what Decode returns for an adapter of another hotswap.
var errVersion = errors.New("a version of the protocol that is not known here")

// Decode reads one line. Nil without an error: a type that this version does not
// know.
func Decode(line []byte) (Message, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	switch head.Type {
	case "hello":
		return decode(line, func(m Hello) error {
			if m.Version != protocol {
				return fmt.Errorf("%d: %w", m.Version, errVersion)
			}
			return nil
		})
	case "listening":
		return decode(line, func(Listening) error { return nil })
	case "state":
		return decode(line, func(m State) error {
			if min(m.Seq, m.Connections, m.Busy, m.WebSockets, m.Finished, m.Closed) < 0 {
				return errors.New("a number below zero")
			}
			return nil
		})
	case "files":
		return decode(line, func(m Files) error {
			for _, f := range m.Files {
				if !filepath.IsAbs(f.Path) {
					return fmt.Errorf("a path that is not absolute: %q", f.Path)
				}
			}
			return nil
		})
	case "give":
		return decode(line, func(Give) error { return nil })
	case "taken":
		return decode(line, func(Taken) error { return nil })
	case "refused":
		return decode(line, func(Refused) error { return nil })
	case "off":
		return decode(line, func(Off) error { return nil })
	}
	return nil, nil
}

func decode[T Message](line []byte, check func(T) error) (Message, error) {
	var m T
	err := json.Unmarshal(line, &m)
	if err == nil {
		err = check(m)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// CloseReason is what a WebSocket is told.
type CloseReason struct {
	Code     int    `json:"code"`
	Reason   string `json:"reason"`
	SpreadMS int64  `json:"spreadMs"`
	Keep     *Keep  `json:"keep,omitempty"` // those that may be are handed over instead
}

// Keep says how WebSockets are handed over.
type Keep struct {
	WithinMS int64 `json:"withinMs"` // for what is under way on one to end
}

// order is what hotswap says.
type order struct {
	Type      string       `json:"type"`
	IdleMS    int64        `json:"idleMs,omitempty"`
	WebSocket *CloseReason `json:"websocket,omitempty"`
	Seq       int          `json:"seq,omitempty"`
	Patience  int64        `json:"patienceMs,omitempty"`
}

// take is what hotswap says to whom it hands a WebSocket.
type take struct {
	Type    string          `json:"type"`
	ID      int             `json:"id"`
	Port    uint16          `json:"port"`
	UntilMS int64           `json:"untilMs"` // since 1970: later it must not be taken
	Load    json.RawMessage `json:"load"`
}

func (t take) line() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a load that was short enough would become too long
	_ = e.Encode(t)        // what was decoded
	return b.Bytes()
}

func (o order) line() []byte {
	b, _ := json.Marshal(o) // numbers and a text
	return append(b, '\n')
}
