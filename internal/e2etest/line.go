package e2etest

import (
	"time"
)

// Line is a line of hotswap's log (--log json).
type Line struct {
	Time      time.Time `json:"time"`
	Event     string    `json:"event"`
	Level     string    `json:"level"`
	PID       int       `json:"pid"`
	Gen       int       `json:"gen"`
	Cause     string    `json:"cause"`
	Why       string    `json:"why"`
	Next      string    `json:"next"`
	Endpoints string    `json:"endpoints"`
	Endpoint  string    `json:"endpoint"` // listening
	Files     []string  `json:"files"`
	BootMS    float64   `json:"boot_ms"`
	CutoverUS int64     `json:"cutover_us"`
	TookMS    float64   `json:"took_ms"`
	Killed    bool      `json:"killed"`
	Busy      bool      `json:"busy"`
	Moved     int       `json:"moved"`    // drained: requests; websockets
	Told      int       `json:"told"`     // websockets
	Reasons   []string  `json:"reasons"`  // websockets: why they were closed
	Standby   bool      `json:"standby"`  // serving: it was a standby
	Again     bool      `json:"again"`    // no-standby: another one is made
	Ahead     int       `json:"ahead"`    // standby: packages that are loaded ahead
	Left      []string  `json:"left_out"` // standby: the others, with the reasons

	Connections     int `json:"connections"`      // draining
	BusyConnections int `json:"busy_connections"` // draining
	To              int `json:"to"`               // rolled-back: the generation that serves again
	Holder          int `json:"holder"`           // address-in-use: the process that has the port
	Loaded          int `json:"loaded"`           // follows: files of the project

	Pages int    `json:"pages"` // livereload-told
	Sheet string `json:"sheet"` // livereload-told

	BuildMS float64 `json:"build_ms"` // serving: 0 if it was not built
	Command any     `json:"command"`  // build-failed: a text; leftovers: a list
	Exit    string  `json:"exit"`     // build-failed

	Message string `json:"message"`
	Error   string `json:"error"`

	Path     string `json:"path"`     // stop-first
	Replaces int    `json:"replaces"` // serving
}

// Of returns a condition: a line with this event and generation.
func Of(event string, gen int) func(Line) bool {
	return func(l Line) bool { return l.Event == event && l.Gen == gen }
}
