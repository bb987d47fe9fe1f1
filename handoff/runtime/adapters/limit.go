package adapters

import "github.com/hotswap-dev/hotswap/handoff/runtime/wire"

// Limit is a feature that is off: this version of Node, puma or gunicorn does not allow it.
type Limit struct {
	Feature string `json:"feature"`
	What    string `json:"what"` // is not as expected there
	Runtime string `json:"-"`    // the version of Node, or a server's name and version
}

const (
	// Descriptors is what a process lacks, for which kept connections stay where they are. Limit.What has its process
	// ID.
	Descriptors = "descriptors"
	// Links is what hotswap has no more of for a generation. Limit.What says how many it has.
	Links = "links"
	// NetHTTP is what a Go program with the adapter does not serve by. Limit.What has its name.
	NetHTTP = "net/http"
)

// maxLimits bounds what adapters can have reported.
const maxLimits = 32

func (a *Session) joinLimits(l *wire.Link) (h wire.Handlers, leave func()) {
	return wire.Handlers{"off": wire.On(func(m Limit) {
		m.Runtime = l.Runtime
		a.of.Limited(m)
	})}, func() {}
}

// Limited calls OnLimit, once for each limit. Any goroutine may call it.
func (t *Transport) Limited(l Limit) {
	t.mu.Lock()
	known := t.limits[l] || len(t.limits) >= maxLimits
	if !known {
		t.limits[l] = true
	}
	t.mu.Unlock()
	if t.OnLimit != nil && !known {
		t.OnLimit(l)
	}
}
