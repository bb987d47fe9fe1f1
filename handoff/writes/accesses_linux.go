package writes

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// maxAccesses bounds the accesses that wait for their reader.
const maxAccesses = 1000

// Access passes on what a generation does with a file, if that is a file of the project that no tool has hidden.
func (w *Writes) Access(a handoff.Access) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, ok := strings.CutPrefix(a.Path, w.dir+"/")
	in = "/" + in
	if !ok || strings.Contains(in, "/.") || strings.Contains(in, "/node_modules/") ||
		strings.Contains(in, "/__pycache__/") {
		return
	}
	select {
	case w.accesses <- a: // nil: nobody wants it
	default:
	}
}

// Accesses is that of [handoff.Writes].
func (w *Writes) Accesses() <-chan handoff.Access {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accesses = make(chan handoff.Access, maxAccesses)
	return w.accesses
}

// Read is that of [handoff.Writes].
func (w *Writes) Read(names map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads = names
	if names == nil {
		w.accesses = nil
	}
}

// Reads reports whether reads of files with this name are wanted; "": of any.
func (w *Writes) Reads(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads[name] || name == "" && len(w.reads) > 0
}
