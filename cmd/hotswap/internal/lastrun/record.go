// Package lastrun remembers of a command in a folder how it ran last: at a port, or as a worker, which listens nowhere.
// So a server that boots slowly is not taken for a worker, and a worker is known to run without a wait for its port.
package lastrun

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Kind is how a program ran; "": nobody knows.
type Kind string

const (
	Port   Kind = "port"   // it listened at a port of TCP
	Path   Kind = "path"   // it listened at unix sockets or for UDP only
	Worker Kind = "worker" // it listened nowhere for [patience] times --ready-timeout
)

// patience is for how many times --ready-timeout nobody leaves a server alone that does not serve.
const patience = 10

// Record is a file that remembers one command. Another command with the same slot overwrites it: there are 4096 files.
type Record struct{ file, hash string }

const slot = 3 // hexadecimal digits

// Of returns the record of a command in dir. The file is below home; "": there is none. It has a hash of the command,
// which may contain secrets.
func Of(home, dir string, command []string) Record {
	if home == "" {
		return Record{}
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(dir+"\x00"+strings.Join(command, "\x00"))))
	return Record{filepath.Join(home, "last", hash[:slot]), hash}
}

// Kind returns how the program ran last.
func (r Record) Kind() Kind {
	text, _ := os.ReadFile(r.file) // an error means that nobody knows
	if hash, kind, _ := strings.Cut(string(text), " "); hash == r.hash {
		return Kind(kind)
	}
	return ""
}

// Note remembers how the newest of the generations ran of which that is known.
func (r Record) Note(lives []report.Life, readyTimeout time.Duration) {
	ran := time.Duration(0)
	for _, l := range slices.Backward(lives) {
		k := Path
		switch {
		case slices.ContainsFunc(l.Serves, func(e handoff.Endpoint) bool { return !e.IsUnix() && !e.IsUDP() }):
			k = Port
		case len(l.Serves) > 0:
		default:
			if l.Runs || l.Overdue && !l.NeedsDebugger { // left alone all the same where the last run had a port
				ran += l.Ended.Sub(l.Began)
			}
			k = Worker
			if ran < patience*readyTimeout {
				continue
			}
		}
		if scratch.MakeState(filepath.Dir(r.file)) == nil {
			_ = os.WriteFile(r.file, []byte(r.hash+" "+string(k)), 0o600)
		}
		return
	}
}
