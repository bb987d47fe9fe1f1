package intercept

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// binds binds an address so often, and says how long each bind took, in µs.
func binds(times string, to unix.Sockaddr) string {
	n, err := strconv.Atoi(times)
	must(err)
	var out []string
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(err)
		began := time.Now()
		must(unix.Bind(fd, to))
		out = append(out, strconv.FormatInt(time.Since(began).Microseconds(), 10))
		must(unix.Close(fd))
	}
	return strings.Join(out, " ")
}

// sibling starts a process that idles.
func sibling() error {
	cmd := exec.Command(self, "helper:idle")
	in, err := cmd.StdinPipe() // ours, so it ends with this process
	if err != nil {
		return err
	}
	for range 20 {
		f, err := os.Open("/dev/null")
		if err != nil {
			return err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	idlers = append(idlers, in)
	return cmd.Start()
}

var idlers []any // so that no pipe is collected

func helperIdle([]string) { _, _ = os.Stdin.Read(make([]byte, 1)) }

// A bind looks at the generation's descriptors once at most, however many binds
// of sockets that are gone were before it. (Before: the 150th took 100 ms.)
func TestBindsStayQuick(t *testing.T) {
	const n = 400
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.start("sockets")
	used.Store("idle", true)
	g.ok("siblings 6")
	var took []int
	for word := range strings.FieldsSeq(g.do("binds", n, e.Addr)) {
		us, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(word)
		}
		took = append(took, us)
	}
	if len(took) != n {
		t.Fatalf("%d binds", len(took))
	}
	// The quickest of a hundred tell: the others may have waited for a processor.
	first, last := slices.Min(took[:100]), slices.Min(took[n-100:])
	t.Logf("first %d µs, last %d µs, %d looks at the tree", first, last, g.looks.Load())
	if got := g.looks.Load(); got > n+n/100 { // the registry may look now and then
		t.Errorf("%d looks at the tree at %d binds", got, n)
	}
	if last > 5*first+5000 {
		t.Errorf("a bind took %d µs, after %d of them %d µs", first, n, last)
	}
}

// What no process has is forgotten: at once if it was a gate, else when it may
// not be on its way to another process any more.
func TestPrune(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		b    bound
		held bool
		want *bound
	}{
		"held":                     {bound{}, true, &bound{}},
		"held again":               {bound{missed: now.Add(-time.Hour)}, true, &bound{}},
		"a gate that is held":      {bound{listens: true}, true, &bound{listens: true}},
		"a gate that is not":       {bound{listens: true}, false, nil},
		"missed now":               {bound{}, false, &bound{missed: now}},
		"missed, maybe on its way": {bound{missed: now.Add(time.Second - inFlight)}, false, &bound{missed: now.Add(time.Second - inFlight)}},
		"missed for too long":      {bound{missed: now.Add(-inFlight)}, false, nil},
	} {
		sockets, h := map[uint64]bound{7: c.b}, map[uint64]bool{}
		if c.held {
			h[7] = true
		}
		prune(sockets, h, now)
		got, ok := sockets[7]
		if ok != (c.want != nil) || ok && got != *c.want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}

// Sockets on many addresses are forgotten too, though none is in question twice.
func TestManyAddressesAreForgotten(t *testing.T) {
	s := &session{registry: reuseport.NewRegistry(nil), tree: func() []int { return nil }, sockets: map[uint64]bound{}, pruneAt: manyBound}
	long := time.Now().Add(-time.Hour)
	for i := range 10 * manyBound {
		e := handoff.Endpoint{Network: "tcp4", Addr: netipAt(fmt.Sprintf("127.0.%d.%d", i/250, i%250+1), 4000)}
		s.openSockets(e, uint64(i))
		if len(s.sockets) > manyBound {
			t.Fatalf("%d sockets are remembered that no process has", len(s.sockets))
		}
		s.sockets[uint64(i)] = bound{endpoint: e, missed: long}
	}
}
