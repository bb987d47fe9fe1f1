package standby

import (
	"maps"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// maxTries is how many standbys in a row are thrown away before one loads no packages.
const maxTries = 3

// History is what the standbys of a runtime have shown so far.
type History struct {
	tmp *scratch.Folder // where the standbys' folders are

	mu     sync.Mutex // guards what follows
	barred map[string]string
	only   string           // why packages are not loaded ahead
	tries  int              // standbys thrown away since the last that became ready
	proven map[string]proof // plans of standbys that became ready
	never  error            // why there can be no standby as long as the files of since are unchanged
	since  FileStates
}

// proof is what the trial of a plan has shown. It holds as long as the files are unchanged.
type proof struct {
	files   FileStates // on which the standby depended
	missing []string   // modules that packages have looked for in vain
}

// NewHistory returns an empty history, whose standbys have their folders in tmp.
func NewHistory(tmp *scratch.Folder) *History {
	return &History{tmp: tmp, barred: map[string]string{}, proven: map[string]proof{}}
}

// Barred returns the packages that must not be loaded ahead. all: no package may.
func (h *History) Barred() (packages []string, all bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.barred)), h.only != "" || h.tries >= maxTries
}

func (h *History) learn(t trialResult) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.barred, t.barred)
	if t.only != "" {
		h.only = t.only
	}
	if t.err() != nil {
		h.tries++
	}
}

// prove notes that a standby has become ready by a plan.
func (h *History) prove(plan string, p proof) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.proven[plan] = p
	h.tries = 0
}

// proof returns what the trial of a plan has shown, if its files, and the settings, are as
// they were. Otherwise the plan has to be tried again.
func (h *History) proof(plan string, settings FileStates) (p proof, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, ok = h.proven[plan]
	if ok && p.files.Validate(settings) != nil {
		delete(h.proven, plan)
		return proof{}, false
	}
	return p, ok
}

// refuse notes that there can be no standby until one of the files changes.
func (h *History) refuse(why error, files FileStates) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.never, h.since = why, files
}

func (h *History) refused(s Spec) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.never == nil || h.since.Validate(s.Settings()) != nil {
		return nil
	}
	return h.never
}
