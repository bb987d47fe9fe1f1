package reuseport

import (
	"context"
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// bounds are those within which n trials with chance p stay, but for once in
// ten million on either side (Hoeffding's inequality), so that a test that asks
// ten times fails once in a million without a cause.
func bounds(n int, p float64) (fewest, most int) {
	t := math.Sqrt(math.Log(1e7) / 2 * float64(n))
	return int(p*float64(n) - t), int(p*float64(n)+t) + 1
}

// canaries is a registry with two generations of so many gates each, which a
// canary divides; the gates come one of this, one of that.
func canaries(t *testing.T, e handoff.Endpoint, percent int, gates int) (r *Registry, fds [2][]int) {
	t.Helper()
	r = NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	for range gates {
		for i := range fds {
			fd, err := kernel.Open(e)
			if err != nil {
				t.Fatal(err)
			}
			dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Close(fd) })
			inode, _ := kernel.Inode(fd)
			if _, err := r.Listen(ListenRequest{Gen: handoff.GenID(i + 1), Inode: inode, Endpoint: e, Dup: dup}); err != nil {
				t.Fatal(err)
			}
			fds[i] = append(fds[i], fd)
		}
	}
	if _, _, err := r.Canary(2, percent); err != nil {
		t.Fatal(err)
	}
	return r, fds
}

// comers counts which gates so many clients reach.
func comers(t *testing.T, e handoff.Endpoint, n int, fds []int) []int {
	t.Helper()
	sum := make([]int, len(fds))
	for n > 0 {
		some := min(n, 200) // descriptors of the clients that wait
		for i, got := range dialled(t, e, some, fds...) {
			sum[i] += got
			for range got {
				accept(t, fds[i])
			}
		}
		n -= some
	}
	return sum
}

func TestCanaryGetsItsShare(t *testing.T) {
	const clients = 3000
	for name, c := range map[string]struct {
		ip      string
		percent int
	}{"a quarter": {"127.0.0.1", 25}, "most": {"::", 90}} {
		t.Run(name, func(t *testing.T) {
			e := endpoint(t, c.ip, false)
			r, fds := canaries(t, e, c.percent, 2)
			got := comers(t, e, clients, append(fds[0], fds[1]...))
			share := float64(c.percent) / 100
			for i, part := range []float64{(1 - share) / 2, (1 - share) / 2, share / 2, share / 2} {
				if low, high := bounds(clients, part); got[i] < low || got[i] > high {
					t.Errorf("of %d clients %v; gate %d should have between %d and %d", clients, got, i, low, high)
				}
			}
			if low, high := bounds(clients, share); got[2]+got[3] < low || got[2]+got[3] > high {
				t.Errorf("of %d clients the canary got %d, want %d to %d", clients, got[2]+got[3], low, high)
			}
			r.GenerationEnded(2)
			if got := dialled(t, e, 40, fds[0]...); got[0]+got[1] != 40 {
				t.Errorf("with the canary gone, %v of 40", got)
			}
		})
	}
}

// A probe goes to the canary for certain while others are divided.
func TestProbeDuringACanary(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	r, fds := canaries(t, e, 1, 1)
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	go func() { done <- NewProber(r).Probe(ctx, 2, e) }()
	await(t, "the probe", func() bool { return queues(t, fds[1])[0] == 1 })
	accept(t, fds[1][0])
	if err := <-done; err != nil {
		t.Error(err)
	}
}
