package commands

import (
	"slices"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestSignalsAmongKeys(t *testing.T) {
	m := tty.Modes{}
	copy(m.Cc[:], []uint8{3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 0}) // no susp
	rest, sigs := signalsIn([]byte("a\x03b\x1c\x1a\x00"), &m)
	if string(rest) != "ab\x1a\x00" || !slices.Equal(sigs, []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}) {
		t.Errorf("%q %v", rest, sigs)
	}
}

func TestTypedTo(t *testing.T) {
	gens := []report.GenerationStatus{{ID: 4}, {ID: 5}}
	for _, c := range []struct {
		st   report.Status
		want supervisor.GenID
	}{
		{report.Status{}, 0},
		{report.Status{Generations: gens}, 5},
		{report.Status{Generations: gens, Generation: 4}, 4},
	} {
		if got := typedTo(c.st); got != c.want {
			t.Errorf("typed to %d, want %d", got, c.want)
		}
	}
}
