package standby

import (
	"maps"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const rounds = 3 // of standbys thrown away, until one loads no packages

// Book is what standbys have taught about what can be loaded ahead.
type Book struct {
	tmp *scratch.Folder // where the standbys' folders are

	mu     sync.Mutex // guards what follows
	barred map[string]string
	only   string              // why nothing is loaded ahead
	tries  int                 // standbys thrown away since the last that became ready
	proven map[string][]string // plans by which a standby became ready → files that packages have read then
	never  error               // why there can be none, as long as the files are as they were
	since  Stamps
}

// NewBook begins one.
func NewBook(tmp *scratch.Folder) *Book {
	return &Book{tmp: tmp, barred: map[string]string{}, proven: map[string][]string{}}
}

// Barred are the packages that are not to be loaded ahead; all: none is.
func (b *Book) Barred() (packages []string, all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.barred)), b.only != "" || b.tries >= rounds
}

// learn takes in what a standby has taught.
func (b *Book) learn(e experience) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(b.barred, e.barred)
	if e.only != "" {
		b.only = e.only
	}
	if e.wrong() != nil {
		b.tries++
	}
}

func (b *Book) proved(key string, files []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.proven[key] = files
	b.tries = 0
}

func (b *Book) isProved(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.proven[key]
	return ok
}

// readBy are the files that packages will have read before anybody is told of it.
func (b *Book) readBy(key string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.proven[key]
}

// refuse notes that there can be none, unless one of the files changes.
func (b *Book) refuse(why error, files Stamps) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.never, b.since = why, files
}

// refused says why there can be none.
func (b *Book) refused(o Order) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.never == nil || b.since.Fresh(o.Settings()) != nil {
		return nil
	}
	return b.never
}
