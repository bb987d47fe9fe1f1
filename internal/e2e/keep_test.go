//go:build linux

package e2e

import (
	"syscall"
	"testing"
)

// keeper runs a program whose WebSockets are to be kept.
func keeper(t *testing.T, dir string, env, args []string, command ...string) (h *hotswap, port string) {
	t.Helper()
	port = freePort(t)
	h = start(t, options{
		dir: dir, env: append([]string{"PORT=" + port}, env...), command: command,
		args: append([]string{"--no-watch", "--probation", "200ms"}, args...),
	})
	h.Serving(1)
	return h, port
}

// swap asks for a new generation, and returns what became of the WebSockets of the
// one before.
func (h *hotswap) swap(to int) line {
	h.t.Helper()
	h.signal(syscall.SIGHUP)
	h.Serving(to)
	return h.parted(to - 1)
}

func (h *hotswap) parted(gen int) line {
	h.t.Helper()
	return h.Wait("what became of its WebSockets", func(l line) bool { return l.Event == "websockets" && l.Gen == gen })
}
