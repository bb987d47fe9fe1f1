//go:build linux

package e2e

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const loop = `
from, i, a, s = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID), 0, [1, 2, 3], 0
while i < 5_000_000
  s += a[i % 3] + 1
  i += 1
end
print Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - from
`

// Ruby runs all code by other, slower instructions once an event of methods has been
// asked for, even if it is asked for no more: then it took four times as long.
func TestRubyIsNotSlower(t *testing.T) {
	needs(t, "ruby", "-e", "")
	l := &handoff.Launch{Gen: 1}
	s, err := ruby.New(scratch.New()).Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	defer s.(io.Closer).Close()
	least := func(env []string) (least float64) {
		for range 5 {
			cmd := exec.Command("ruby", "-e", loop)
			cmd.Env = append(os.Environ(), env...)
			out, err := cmd.Output()
			took, failed := strconv.ParseFloat(string(out), 64)
			if err := errors.Join(err, failed); err != nil {
				t.Fatal(err)
			}
			if least == 0 || took < least {
				least = took
			}
		}
		return least
	}
	if bare, told := least(nil), least(l.Env); told > 2*bare {
		t.Errorf("%.3f s, bare %.3f s", told, bare)
	} else {
		t.Logf("%.3f s, bare %.3f s", told, bare)
	}
}
