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
	only   string              // why packages are not loaded ahead
	tries  int                 // standbys thrown away since the last that became ready
	proven map[string][]string // plans of standbys that became ready → files that packages read
	never  error               // why there can be no standby as long as the files of since are unchanged
	since  FileStates
}

// NewHistory returns an empty history, whose standbys have their folders in tmp.
func NewHistory(tmp *scratch.Folder) *History {
	return &History{tmp: tmp, barred: map[string]string{}, proven: map[string][]string{}}
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

func (h *History) prove(plan string, files []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.proven[plan] = files
	h.tries = 0
}

// provenFiles returns the files that packages read while a plan is carried out. ok: a
// standby has become ready by this plan.
func (h *History) provenFiles(plan string) (files []string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	files, ok = h.proven[plan]
	return files, ok
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
