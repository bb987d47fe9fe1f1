package commands

import (
	"slices"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

func TestSignalsAmongKeys(t *testing.T) {
	m := tty.Modes{}
	copy(m.Cc[:], []uint8{3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 0}) // no susp
	rest, sigs := signalsIn([]byte("a\x03b\x1c\x1a\x00"), &m)
	if string(rest) != "ab\x1a\x00" || !slices.Equal(sigs, []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}) {
		t.Errorf("%q %v", rest, sigs)
	}
}
