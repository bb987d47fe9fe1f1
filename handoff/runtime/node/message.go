package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

const maxPlace = 256 // bytes of the name of a place

// Listening names a local port, and the place at which the server listens that has accepted there. The adapter
// reports which of these connections are busy. With neither, hotswap counts the connections of the process, and the
// adapter only adds how many answers are not whole.
type Listening struct {
	Port uint16 `json:"port"` // 0: the place is a unix socket's path
	At   string `json:"at"`   // "127.0.0.1:4000", "[::]:4000" or a path, as the program asked for it
}

// State is the progress of a thread's drain.
type State struct {
	Seq         int `json:"seq"`         // of the look that this answers; 0: none
	Connections int `json:"connections"` // of the thread's servers
	Busy        int `json:"busy"`        // of these, those that a drain waits for
	Streams     int `json:"streams"`     // of the busy ones, event streams
	Flowing     int `json:"flowing"`     // of the busy ones, answers of which the client got something, or requests of which the program did, within the last 15 s
	Stays       int `json:"stays"`       // those that may bring another request and cannot move

	Moved int `json:"-"` // connections that another process has taken over
}

// Kinds of a loaded file.
const (
	CommonJS = "cjs"
	ESModule = "esm"
	JSON     = "json"
	Addon    = "addon" // native code
)

// File is a file that a thread has loaded as a module.
type File struct {
	Path string `json:"path"` // absolute, without symbolic links
	Kind string `json:"kind"`
	// Imported is true of a CommonJS file that no other has required.
	Imported bool `json:"imported"`
}

// Files is a part of the answer to the order files: those that were not sent before, in
// the order in which they were loaded. The last part has the other fields, too.
type Files struct {
	Seq   int      `json:"seq"`
	Files []File   `json:"files"`
	Read  []string `json:"read"` // code that was read as text, absolute paths; only those that were not sent before
	Done  bool     `json:"done"`
	Exact bool     `json:"exact"` // every loaded file has been sent
	Main  string   `json:"main"`  // what Node was told to run; "": no file

	Threads  []int             `json:"threads"`  // the numbers of the worker threads that it has begun, also of those that have ended
	ExecArgv []string          `json:"execArgv"` // Node's options on its command line
	Holdable bool              `json:"holdable"` // Node has read Module.runMain before it ran Main
	Env      map[string]string `json:"env"`      // variables that the program has changed since it began, with their values
	Dropped  bool              `json:"dropped"`  // packages that were loaded with assumed variables were loaded anew

	Hook *Hook `json:"hook"` // one of those that there are when the order comes; the part has nothing else
}

// Hook has modules wrapped or changed while they are loaded.
type Hook struct {
	By     []string `json:"by"`     // files whose code has installed it, the innermost first; empty: unknown
	Before []string `json:"before"` // packages that the file of the project among them has loaded before
	Loaded []string `json:"loaded"` // packages of which all files had been loaded before
	Runs   []string `json:"runs"`   // packages that have installed it while they were loaded
	Names  []string `json:"names"`  // of the modules that it wraps; nil: it may see all of them
	// Marks are those of the functions that all code shares: what a standby's process does not have was replaced. The first hook
	// has them.
	Marks map[string]string `json:"marks"`
}

// Checked answers the order check.
type Checked struct {
	Seq   int      `json:"seq"`
	Lines []string `json:"lines"` // the error of the first file that the thread could not compile; empty: it knows of none
}

// Give hands over a WebSocket, or a connection that is between two requests. The socket comes with it.
type Give struct {
	At   string          `json:"at"`   // of its server
	Load json.RawMessage `json:"load"` // of a WebSocket, for the thread that takes it
}

// Taken answers a take, or says (closed) that the process has closed a connection that it had taken, before a request came:
// hotswap's duplicate would withhold that from the client.
type Taken struct {
	ID    int    `json:"id"`    // of the take
	Error string `json:"error"` // why it is not taken; "": it is
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

func (m Listening) Check() error {
	if len(m.At) > maxPlace {
		return errors.New("a place with a long name")
	}
	return nil
}

func (m State) Check() error {
	if min(m.Seq, m.Connections, m.Busy, m.Streams, m.Flowing, m.Stays) < 0 {
		return errors.New("a number below zero")
	}
	return nil
}

func (m Files) Check() error {
	for _, f := range m.Files {
		if !filepath.IsAbs(f.Path) {
			return fmt.Errorf("a path that is not absolute: %q", f.Path)
		}
	}
	return nil
}

// CloseReason is what the close frame of a WebSocket says.
type CloseReason struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	Keep   *Keep  `json:"keep,omitempty"` // nil: no WebSocket is handed over
}

// Keep is how WebSockets are handed over.
type Keep struct {
	WithinMS int64 `json:"withinMs"` // for a message that is under way
}

// order is what hotswap writes.
type order struct {
	Type      string       `json:"type"`
	WebSocket *CloseReason `json:"websocket,omitempty"`
	Serves    bool         `json:"serves,omitempty"`
	Moves     bool         `json:"moves,omitempty"`
	Next      bool         `json:"next,omitempty"`
	Seq       int          `json:"seq,omitempty"`
	Files     []string     `json:"files,omitempty"` // absolute, without symbolic links
}

type take struct {
	Type    string          `json:"type"` // "take": a WebSocket; "conn": a connection between two requests
	ID      int             `json:"id"`
	At      string          `json:"at"`
	UntilMS int64           `json:"untilMs"`         // since 1970; after that the thread must not take it
	Stays   bool            `json:"stays,omitempty"` // nobody else has taken the connection, so it has come back
	Load    json.RawMessage `json:"load,omitempty"`  // of a WebSocket
}
