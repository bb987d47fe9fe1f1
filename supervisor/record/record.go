package record

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Record is a hotswap as it is written down.
type Record struct {
	Run string `json:"run"` // its name, which marks its processes; the same after a renewal
	proc.Identity
	Parent    *proc.Identity `json:"parent,omitempty"` // the hotswap that this one renewed; it may still drain
	Boot      string         `json:"boot"`
	Namespace string         `json:"pid_namespace"`

	Dir         string       `json:"dir"`
	Command     []string     `json:"command"`
	Control     string       `json:"control,omitempty"` // the socket's path
	Generations []Generation `json:"generations"`

	// Keepers are the keepers of all processes of the run, also of a build's and of the
	// hotswap that this one renewed.
	Keepers []proc.Identity `json:"keepers,omitempty"`
}

// Generation is one whose processes may live.
type Generation struct {
	ID int `json:"id"`
	proc.Identity
}

// Here says whether the record's numbers mean something to this process.
func (r Record) Here() bool { return r.Namespace == namespace() }

// Alive says whether the hotswap, or the one that it renewed, lives. Only of
// use if the record is Here.
func (r Record) Alive() bool {
	if r.Boot != boot() {
		return false
	}
	return r.Identity.Alive() || r.Parent != nil && r.Parent.Alive()
}

// Since is when the first process of the run that may still live began: no sooner than
// the hotswap that started it.
func (r Record) Since() uint64 {
	if r.Parent != nil {
		return min(r.Start, r.Parent.Start)
	}
	return r.Start
}

// Booted says whether the machine still runs that the record is of.
func (r Record) Booted() bool { return r.Boot == boot() }

// Dir is a directory of records and sockets.
type Dir string

// name is what a run may be called: it is part of file names.
var name = regexp.MustCompile(`^[0-9a-f]{8,32}$`)

// ValidName says whether a run may be called so.
func ValidName(run string) bool { return name.MatchString(run) }

const suffix = ".json"

func (d Dir) path(run string) string { return filepath.Join(string(d), run+suffix) }

// Socket is where the run's control socket is, unless told otherwise.
func (d Dir) Socket(run string) string { return filepath.Join(string(d), run+".sock") }

// Write puts the record in the place of the one before. It is not synced: what
// it tells means nothing after a power failure.
func (d Dir) Write(r Record) error {
	r.Boot, r.Namespace = boot(), namespace()
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	beside := d.path(r.Run) + ".new"
	if err := write(beside, append(b, '\n')); err != nil {
		_ = os.Remove(beside)
		return err
	}
	return os.Rename(beside, d.path(r.Run))
}

// write is os.WriteFile; tests have a disk that is full.
var write = func(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

// Forget removes the run's record alone.
func (d Dir) Forget(run string) { _ = os.Remove(d.path(run)) }

// Remove removes the run's record and its socket.
func (d Dir) Remove(run string) {
	if !name.MatchString(run) {
		return
	}
	beside, _ := filepath.Glob(d.Socket(run) + ".*") // of one that died before it took the place
	for _, path := range append(beside, d.Socket(run), d.path(run)+".new", d.path(run)) {
		_ = os.Remove(path)
	}
}

// All are the records of the directory; what is no record is passed over.
func (d Dir) All() []Record {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil
	}
	var out []Record
	for _, e := range entries {
		if run, ok := strings.CutSuffix(e.Name(), suffix); ok {
			if r, err := d.Read(run); err == nil {
				out = append(out, r)
			}
		}
	}
	return out
}

// maxRecord is more than a command line can be in a record.
const maxRecord = 4 << 20

var errNoRecord = errors.New("no record")

// Read is the run's record.
func (d Dir) Read(run string) (Record, error) {
	var r Record
	if !name.MatchString(run) {
		return r, errNoRecord
	}
	if info, err := os.Lstat(d.path(run)); err != nil || !info.Mode().IsRegular() || info.Size() > maxRecord {
		return r, errNoRecord
	}
	b, err := os.ReadFile(d.path(run))
	if err != nil {
		return r, err
	}
	return parse(run, b)
}

// parse reads a record. Its numbers are killed by, so they have to make sense.
func parse(run string, b []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return r, err
	}
	if r.Run != run || r.PID <= 0 || r.Boot == "" || r.Parent != nil && r.Parent.PID <= 0 {
		return r, errNoRecord
	}
	for _, g := range r.Generations {
		if g.PID < 0 {
			return r, errNoRecord
		}
	}
	for _, k := range r.Keepers {
		if k.PID <= 0 {
			return r, errNoRecord
		}
	}
	return r, nil
}

// Unrecorded are the sockets that no record tells of.
func (d Dir) Unrecorded() []string {
	sockets, _ := filepath.Glob(filepath.Join(string(d), "*.sock"))
	return slices.DeleteFunc(sockets, func(path string) bool {
		_, err := os.Lstat(strings.TrimSuffix(path, ".sock") + suffix)
		return err == nil
	})
}
