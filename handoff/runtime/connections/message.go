package connections

import (
	"encoding/json"
	"errors"
)

const maxAddress = 256 // bytes of the name of a place

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
	// of the busy ones, answers of which the client got something, or requests of which the program did, within the
	// last 15 s
	Flowing int `json:"flowing"`
	Stays   int `json:"stays"` // those that may bring another request and cannot move

	Moved int `json:"-"` // connections that another process has taken over
}

// Give hands over a WebSocket, or a connection that is between two requests. The socket comes with it.
type Give struct {
	At   string          `json:"at"`   // of its server
	Load json.RawMessage `json:"load"` // of a WebSocket, for the thread that takes it
}

// Taken answers a take, or says (owned) that a request has come on a connection that the process had taken, or that the
// process has closed it: hotswap's duplicate would withhold the end from the client.
type Taken struct {
	ID    int    `json:"id"`    // of the take
	Error string `json:"error"` // why it is not taken; "": it is
}

// Refused says why a WebSocket was not handed over. Its client is told to reconnect.
type Refused struct {
	Reason string `json:"reason"`
}

func (m Listening) Check() error {
	if len(m.At) > maxAddress {
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
	Type string `json:"type"`
	DrainOptions
	Seq int `json:"seq,omitempty"`
}

type take struct {
	Type    string          `json:"type"` // "take": a WebSocket; "conn": a connection between two requests
	ID      int             `json:"id"`
	At      string          `json:"at"`
	UntilMS int64           `json:"untilMs"`         // since 1970; after that the thread must not take it
	Stays   bool            `json:"stays,omitempty"` // nobody else has taken the connection, so it has come back
	Load    json.RawMessage `json:"load,omitempty"`  // of a WebSocket
}
