package proc

import (
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// However often a kill is ordered, one goroutine looks; quickly while processes come
// and go, then once a second, and no more when none is left.
func TestKillerLooksLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards what follows
		tree := []int{7, 8}
		looks, killed := 0, map[int]int{}

		none := make(chan struct{})
		k := &killer{
			tree: func() []int {
				mu.Lock()
				defer mu.Unlock()
				looks++
				return slices.Clone(tree)
			},
			kill: func(pid int) {
				mu.Lock()
				defer mu.Unlock()
				killed[pid]++
			},
			none: none,
		}
		// in lets time pass, and says how many looks there were, and how many kills of pid.
		in := func(d time.Duration, pid int) (int, int) {
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			defer func() { looks, killed = 0, map[int]int{} }()
			return looks, killed[pid]
		}
		for range 100 {
			k.start()
			time.Sleep(100 * time.Millisecond)
		}
		if n, kills := in(0, 8); n < 10 || n > 8+10 || kills != n {
			t.Errorf("%d looks in 10 s, %d kills", n, kills)
		}
		mu.Lock()
		tree = []int{8, 9} // 7 has left 9 behind
		mu.Unlock()
		if n, kills := in(2*killLater, 9); n < 5 || kills != n {
			t.Errorf("%d looks in 2 s when things have changed, %d kills", n, kills)
		}
		close(none)
		in(0, 0)
		if n, _ := in(time.Minute, 0); n > 0 {
			t.Errorf("%d looks when nothing was left", n)
		}
	})
}

// A process that a tracer keeps is dead and stays, as one does that hangs in the
// kernel. However often its end is ordered, the keeper rests.
func TestKeeperOfWhatDoesNotEndRests(t *testing.T) {
	c := start(t, nil, "catch")
	c.ready("catch")
	release := trace(t, c.PID())
	defer release()
	for range 50 {
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(patience); lives(c.PID()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it lives")
		}
	}
	quiet := reads(t, c.keeper)
	pause := time.After(2 * time.Second) // a pace is what is tested
	<-pause
	if n := reads(t, c.keeper) - quiet; n > 1000 {
		t.Errorf("the keeper has read %d times in 2 s", n)
	} else {
		t.Logf("the keeper has read %d times in 2 s", n)
	}
	release()
	c.gone()
}

// trace makes this process the tracer of another one, which is then not waited for by
// its parent, until release.
func trace(t *testing.T, pid int) (release func()) {
	t.Helper()
	began, done, ended := make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // which ends with the goroutine, and its traces with it
		began <- unix.PtraceSeize(pid)
		<-done
		_, _ = unix.Wait4(pid, nil, unix.WALL|unix.WNOHANG, nil) // a tracer's wait hands the dead to its parent
	}()
	if err := <-began; err != nil {
		close(done)
		t.Skipf("ptrace is forbidden: %v", err)
	}
	open := true
	return func() {
		if open {
			open = false
			close(done)
			<-ended
		}
	}
}

// reads is how often a process has read (proc_pid_io(5)).
func reads(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/io")
	if err != nil {
		t.Skipf("the kernel does not count reads: %v", err)
	}
	m := regexp.MustCompile(`(?m)^syscr: (\d+)$`).FindSubmatch(b)
	if m == nil {
		t.Fatalf("%q", b)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
