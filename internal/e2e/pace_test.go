//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Who saves faster than the program boots sees something newer all the same, at least every two boots, and the last
// version in the end.
func TestSavesFasterThanABoot(t *testing.T) {
	t.Parallel()
	const pace, last = 200 * time.Millisecond, 40
	dir := nodeProject(t, "")
	write(t, filepath.Join(dir, "slow.js"), "setTimeout(() => require('./server.js'), 800)\n")
	h := start(t, options{dir: dir, args: []string{"--no-warm"}, command: words("node slow.js")})
	h.Serving(1)
	for v := 2; v <= last; v++ {
		save(t, filepath.Join(dir, "version.json"), v)
		time.Sleep(pace)
	}
	served, givenUp := h.Count(is("serving"))-1, h.Count(is("superseded"))
	t.Logf("%d served and %d given up while %d saves came", served, givenUp, last-1)
	if served < 2 || givenUp > served+1 {
		t.Errorf("%d generations served and %d were given up while %d saves came", served, givenUp, last-1)
	}
	testkit.Eventually(t, func() error {
		if p, err := pinged(h.addr()); err != nil || p.Version != last {
			return fmt.Errorf("version %d answers, %w", p.Version, err)
		}
		return nil
	})
}
