package watch

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Watcher watches. Run does the work. The other methods may be called from any goroutine.
//
// Each folder costs one inotify watch (fs.inotify.max_user_watches) and each Watcher one
// instance (fs.inotify.max_user_instances). Beyond the limits, folders are polled.
type Watcher struct {
	cfg     Config       // constant
	rules   *rules.Rules // owned by Run's loop
	batches chan Batch   // unbuffered, never closed
	// closed when all watches are set and all files have been read once; what changes before is not missed
	Ready    chan struct{}
	follow   chan Loaded          // capacity 1
	inbox    chan func(*loop)     // each is called by the loop, and does not block
	done     chan struct{}        // closed when Run has ended
	mustWait func(time.Time) bool // see AwaitCompiler; constant
}

// New checks the configuration and looks up the roots. Files changed from now on count,
// so call it before the program starts. A Watcher that is never run holds no resources.
// Errors wrap fs.ErrNotExist when a root does not exist, and rules.ErrPattern.
func New(cfg Config) (*Watcher, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	r, err := rules.New(cfg.Rules)
	if err != nil {
		return nil, err
	}
	return &Watcher{
		cfg: cfg, rules: r, batches: make(chan Batch), Ready: make(chan struct{}), follow: make(chan Loaded, 1),
		inbox: make(chan func(*loop)), done: make(chan struct{}),
	}, nil
}

// Run watches until ctx ends, and then returns nil; its descriptors are gone by then, and its goroutines, unless a
// polled folder does not answer. It can be called once. It polls what it cannot watch, with a notice. An error means
// that nothing is watched any more.
func (w *Watcher) Run(ctx context.Context) error {
	defer close(w.done)
	ctx, cancel := context.WithCancel(ctx)
	l := newLoop(ctx, w)
	defer l.close()
	defer cancel()
	return l.run()
}

// Batches delivers the batches, in order. It is never closed.
func (w *Watcher) Batches() <-chan Batch { return w.batches }

// post has the loop call f. It reports false if Run ends instead.
func (l *loop) post(f func(*loop)) bool {
	select {
	case l.inbox <- f:
		return true
	case <-l.ctx.Done():
		return false
	}
}
