package wire

import (
	"context"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Group has what a family knows of the links of one generation. Its lock guards that, and the fields of the group.
type Group[T any] struct {
	sync.Mutex
	Links  []*T // in the order in which they connected
	Change wait.Change
}

// Locked calls f with the lock, and says that something has changed.
func (g *Group[T]) Locked(f func()) {
	g.Lock()
	defer g.Unlock()
	f()
	g.Change.Now()
}

// RemoveLocked removes a link that has ended.
func (g *Group[T]) RemoveLocked(link *T) {
	g.Links = slices.DeleteFunc(g.Links, func(l *T) bool { return l == link })
}

// Any reports whether a link is so.
func (g *Group[T]) Any(is func(*T) bool) bool {
	g.Lock()
	defer g.Unlock()
	return slices.ContainsFunc(g.Links, is)
}

// Await returns when done, which is called without the lock at each change, returns true, or with the error of ctx.
func (g *Group[T]) Await(ctx context.Context, done func() bool) error {
	for {
		g.Lock()
		next := g.Change.Next()
		g.Unlock()
		if done() {
			return nil
		}
		if err := wait.On(ctx, next); err != nil {
			return err
		}
	}
}

// Note returns a handler that changes what the family knows.
func Note[T, M any](g *Group[T], noteLocked func(M)) Handler {
	return On(func(m M) { g.Locked(func() { noteLocked(m) }) })
}
