package intercept

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// hide starts a generation whose process nobody may look at, and gives its
// session.
func (w *world) hide() (*generation, *session) {
	w.t.Helper()
	if os.Geteuid() == 0 {
		w.t.Skip("root may look at all processes; .ci/bare runs this as an ordinary user")
	}
	g := w.start("sockets")
	g.ok("hide it")
	return g, g.session
}

// lookedForHidden waits until nobody looks any more.
func (s *session) lookedForHidden(t *testing.T) {
	t.Helper()
	testkit.Eventually(t, func() error {
		if s.hidden.Load() > 0 {
			return errors.New("it looks for hidden listeners for ever")
		}
		return nil
	})
}

// An agent or a browser that may not be looked at binds a unix socket: that is
// nothing to hotswap, so nothing is told.
func TestHiddenProcessOnAUnixSocket(t *testing.T) {
	w := newWorld(t)
	g, s := w.hide()
	for _, name := range []string{"a", "b", "c"} {
		g.ok("socket "+name+" unix", "bind "+name+" "+filepath.Join(t.TempDir(), "s"), "listen "+name+" 5")
	}
	// Nor if somebody else begins to listen meanwhile, who may be looked at.
	other := w.bare()
	other.ok("socket a tcp4", "bind a "+endpoint(t, "127.0.0.1", false).Addr.String(), "listen a 5")
	s.lookedForHidden(t)
	g.quiet()
	// And once more, after that.
	g.ok("socket d unix", "bind d "+filepath.Join(t.TempDir(), "s"), "listen d 5")
	s.lookedForHidden(t)
	g.quiet()
}

// A server that may not be looked at listens: it cannot be handed over, and that
// is told, with its address.
func TestHiddenListenerIsTold(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g, _ := w.hide()
	g.ok("socket a unix", "bind a "+filepath.Join(t.TempDir(), "s"), "listen a 5") // somebody looks already
	g.ok("socket b tcp4", "bind b "+e.Addr.String(), "listen b 5", "serve b hidden")
	select {
	case got := <-g.events:
		lost, ok := got.(handoff.TrackingLost)
		if !ok || lost.Gen != g.id || !strings.Contains(lost.Err.Error(), e.Addr.String()) {
			t.Errorf("told %#v", got)
		}
	case <-time.After(patience):
		t.Fatal("not told")
	}
	answered(t, e, 3, "hidden")
	g.ok("socket c tcp4", "bind c 127.0.0.2:"+strings.Split(e.Addr.String(), ":")[1], "listen c 5")
	g.quiet() // once
}
