package record

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Record describes a running hotswap.
type Record struct {
	Run string `json:"run"` // name that marks its processes; an upgrade keeps it
	proc.Identity
	Parent    *proc.Identity `json:"parent,omitempty"` // the hotswap that this one upgraded; may still drain
	Boot      string         `json:"boot"`
	Namespace string         `json:"pid_namespace"`

	Name    string   `json:"name,omitempty"`
	Dir     string   `json:"dir"`
	Command []string `json:"command"`
	Control string   `json:"control,omitempty"` // the socket's path

	// Generations are the main processes of generations, standbys and rehearsals that may be alive.
	Generations []proc.Identity `json:"generations"`
	// Keepers of all processes of the run, those of builds and of Parent included.
	Keepers []proc.Identity `json:"keepers,omitempty"`
}

// SameNamespace reports whether the record's process IDs are of this process's pid namespace.
func (r Record) SameNamespace() bool { return r.Namespace == namespace() }

// Alive reports whether the hotswap or its parent is alive. The result means nothing unless SameNamespace.
func (r Record) Alive() bool {
	return r.SameBoot() && (r.Identity.Alive() || r.Parent != nil && r.Parent.Alive())
}

// Since returns a start time that no living process of the run precedes: the hotswap's or its parent's.
func (r Record) Since() uint64 {
	if r.Parent != nil {
		return min(r.Start, r.Parent.Start)
	}
	return r.Start
}

// SameBoot reports whether the machine has not been restarted since the record.
func (r Record) SameBoot() bool { return r.Boot == boot() }

// Dir is a directory of records and sockets.
type Dir string

// name matches the names of runs, which are parts of file names.
var name = lazy.Pattern(`^[0-9a-f]{8,32}$`)

const suffix = ".json"

func (d Dir) path(run string) string { return filepath.Join(string(d), run+suffix) }

// Socket returns the default path of the run's control socket.
func (d Dir) Socket(run string) string { return filepath.Join(string(d), run+".sock") }

// Lock returns the path of the file that this user's hotswaps lock before they start in a folder. There are 4096:
// where two folders have the same, one waits for the other's start.
func (d Dir) Lock(folder string) string {
	return filepath.Join(string(d), fmt.Sprintf("%x", sha256.Sum256([]byte(folder)))[:3]+".lock")
}

// Write replaces the run's record. It does not sync, because a record means nothing after a power failure.
func (d Dir) Write(r Record) error {
	r.Boot, r.Namespace = boot(), namespace()
	b, _ := json.MarshalIndent(r, "", "  ") // never fails
	return regular.Replace(d.path(r.Run), append(b, '\n'), 0o600)
}

// Remove removes the run's record.
func (d Dir) Remove(run string) { _ = os.Remove(d.path(run)) }

// RemoveAll removes the run's record and its socket.
func (d Dir) RemoveAll(run string) {
	if !name().MatchString(run) {
		return
	}
	beside, _ := filepath.Glob(d.Socket(run) + ".*") // of a process that died before it claimed the path
	for _, path := range append(beside, d.Socket(run), d.path(run)) {
		_ = os.Remove(path)
	}
}

// All returns the valid records of the directory.
func (d Dir) All() []Record {
	var out []Record
	entries, _ := os.ReadDir(string(d))
	for _, e := range entries {
		if run, ok := strings.CutSuffix(e.Name(), suffix); ok {
			if r, err := d.Read(run); err == nil {
				out = append(out, r)
			}
		}
	}
	return out
}

var errNoRecord = errors.New("no record")

// Read returns the run's record.
func (d Dir) Read(run string) (Record, error) {
	if !name().MatchString(run) {
		return Record{}, errNoRecord
	}
	b, err := regular.Text(d.path(run))
	if err != nil {
		return Record{}, err
	}
	return parse(run, b)
}

// parse decodes a record. Processes are killed by its process IDs, so that they must be positive.
func parse(run string, b []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return r, err
	}
	if r.Run != run || r.PID <= 0 || r.Boot == "" || r.Parent != nil && r.Parent.PID <= 0 {
		return r, errNoRecord
	}
	for _, id := range slices.Concat(r.Generations, r.Keepers) {
		if id.PID <= 0 {
			return r, errNoRecord
		}
	}
	return r, nil
}
