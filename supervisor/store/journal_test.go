package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a journal without a disk.
type memory struct {
	items   map[string]Item
	version uint64
	fails   error
	taken   bool          // a commit that fails is there nevertheless
	begins  chan int      // gets the number of changes of each commit; nil: nothing does
	ends    chan struct{} // lets a commit end; nil: it ends at once
	closed  int
}

func newMemory() *memory { return &memory{items: map[string]Item{}} }

func (m *memory) Load(add func(Item) error) (uint64, error) {
	for _, item := range m.items {
		if err := add(item); err != nil {
			return 0, err
		}
	}
	return m.version, nil
}

func (m *memory) Commit(changes []Change, version uint64) error {
	if m.begins != nil {
		m.begins <- len(changes)
		<-m.ends
	}
	if m.fails == nil || m.taken {
		for _, c := range changes {
			if c.Deleted {
				delete(m.items, c.Item.Key)
			} else {
				m.items[c.Item.Key] = c.Item
			}
		}
		m.version = version
	}
	return m.fails
}

func (m *memory) Close() error {
	m.closed++
	return nil
}

func (m *memory) String() string {
	s := New(Limits{})
	s.restoring = true
	for _, item := range m.items {
		s.putLocked(item)
	}
	return all(s)
}

// all returns the items of a store as text.
func all(s *Store) string {
	var out []string
	infos, _ := s.List("", "", 1000)
	for _, info := range infos {
		item, _ := s.Get(info.Key)
		out = append(out, fmt.Sprintf("%s=%s@%d", item.Key, item.Value.JSON, item.Version))
	}
	return strings.Join(out, " ")
}

func open(t *testing.T, m *memory) *Store {
	t.Helper()
	s, err := Open(Limits{}, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJournal(t *testing.T) {
	m := newMemory()
	s := open(t, m)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustSet(t, s, "a", "1")
	mustSet(t, s, "a", "2")
	mustSet(t, s, "b", "3")
	mustSet(t, s, "c", "4")
	s.Delete("b", nil)
	if m.String() != "" {
		t.Error("written before Sync")
	}
	if err := s.Sync(t.Context()); err != nil || m.String() != "a=2@2 c=4@4" || m.version != 5 {
		t.Errorf("%v: %s", err, m)
	}
	s.Delete("c", nil)
	if err := s.Close(); err != nil || m.closed != 1 || m.String() != "a=2@2" {
		t.Errorf("%v: %s", err, m)
	}
	s = open(t, m)
	if all(s) != "a=2@2" {
		t.Error(all(s))
	}
	if v := mustSet(t, s, "a", "5"); v != 7 {
		t.Errorf("version %d is given again", v)
	}
}

func TestTimesToLiveInJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := open(t, m)
		for key, ttl := range map[string]time.Duration{"a": time.Second, "b": time.Hour} {
			if _, err := s.Set(key, js("1"), Write{TTL: ttl}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s = open(t, m)
		if _, ok := s.Get("a"); ok || s.Stats().Keys != 1 {
			t.Error("a has expired")
		}
		woken := make(chan bool, 1)
		w := s.Watch("b", false, func() { woken <- true })
		w.Next(9)
		<-woken
		if got := next(w, 9); got != "-b" {
			t.Error(got)
		}
		if err := s.Close(); err != nil || len(m.items) != 0 {
			t.Errorf("%v: %s", err, m)
		}
	})
}

// All that is written during a commit shares the next.
func TestCommitsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.begins, m.ends = make(chan int), make(chan struct{})
		s := open(t, m)
		var waiting sync.WaitGroup
		sync := func(key string) {
			waiting.Go(func() {
				if key != "" {
					mustSet(t, s, key, "1")
				} else {
					s.Get("b") // what it sees is not durable
				}
				if err := s.Sync(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		sync("a")
		if n := <-m.begins; n != 1 {
			t.Error(n)
		}
		for range 10 {
			sync("b")
			sync("c")
			sync("")
		}
		synctest.Wait()
		given, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Sync(given); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		m.ends <- struct{}{}
		if n := <-m.begins; n != 2 {
			t.Error(n)
		}
		synctest.Wait()
		if err := s.Sync(given); !errors.Is(err, context.Canceled) {
			t.Error("what is being committed is not durable:", err)
		}
		m.ends <- struct{}{}
		waiting.Wait()
		if err := s.Sync(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A commit that fails, and all that was based on it, never happened.
func TestCommitFails(t *testing.T) {
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprint("taken ", taken), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				s := open(t, m)
				mustSet(t, s, "a", "1")
				mustSet(t, s, "b", "1")
				mustSet(t, s, "d", "1")
				if err := s.Sync(t.Context()); err != nil {
					t.Fatal(err)
				}
				durable := all(s)
				m.fails, m.taken = errors.New("no space left"), taken
				m.begins, m.ends = make(chan int), make(chan struct{})
				w := s.Watch("", true, func() {})
				next(w, 99)

				mustSet(t, s, "a", "2")
				s.Delete("d", nil)
				failed := make(chan error)
				go func() { failed <- s.Sync(t.Context()) }()
				<-m.begins
				s.Add("a", 1)
				s.Delete("b", nil)
				mustSet(t, s, "c", "9")
				waiting := define(s, "d")
				go func() { failed <- s.Sync(t.Context()) }()
				synctest.Wait()
				before := s.version
				m.ends <- struct{}{}
				for range 2 {
					if err := <-failed; !errors.Is(err, ErrUnsaved) || !errors.Is(err, m.fails) {
						t.Error(err)
					}
				}
				if all(s) != durable {
					t.Errorf("%s is left, want %s", all(s), durable)
				}
				waiting.turn().Defined(js("2"))
				expect(t, "the key is back", []*definer{waiting}, "run 1 ")
				if got := next(w, 99); got != "a=1 b=1 -c d=1" {
					t.Error(got)
				}
				m.fails, m.begins = nil, nil
				if err := s.Sync(t.Context()); err != nil {
					t.Error("nothing is to be written:", err)
				}
				if v := mustSet(t, s, "e", "1"); v <= before {
					t.Errorf("version %d is given again", v)
				}
				if err := s.Sync(t.Context()); err != nil || m.String() != all(s) || len(s.repair) != 0 {
					t.Errorf("%v: the journal has %s, the store %s", err, m, all(s))
				}
			})
		})
	}
}

// The last commit before the end writes again what an earlier one may have left.
func TestCloseRepairs(t *testing.T) {
	m := newMemory()
	s := open(t, m)
	mustSet(t, s, "a", "1")
	m.fails, m.taken = errors.New("i/o error"), true
	if err := s.Sync(t.Context()); !errors.Is(err, ErrUnsaved) {
		t.Error(err)
	}
	m.fails = nil
	if err := s.Close(); err != nil || len(m.items) != 0 {
		t.Errorf("%v: %s", err, m)
	}
}

func TestJournalThatMakesNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		want   error
	}{
		"key": {Limits{Key: 1}, ErrTooLarge}, "value": {Limits{Value: 1}, ErrTooLarge},
		"keys": {Limits{Keys: 1}, ErrFull}, "total": {Limits{Total: 5}, ErrFull},
	} {
		m := newMemory()
		m.items = map[string]Item{"aa": {Key: "aa", Value: js("11")}, "ab": {Key: "ab", Value: js("11")}}
		if _, err := Open(c.limits, m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Eight writers count the same keys up and wait for each sum; now and then the disk is full.
// What was acknowledged is in the journal when the store is opened again.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	m := &flaky{memory: newMemory()}
	s, err := Open(Limits{}, m)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	acknowledged := map[string]int{}
	failures := 0
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 500 {
				key := fmt.Sprint((w + i) % 5)
				mark := s.Mark()
				_, err := s.Add(key, 1)
				if err == nil {
					err = s.SyncFrom(t.Context(), mark)
				}
				mu.Lock()
				if err == nil {
					acknowledged[key]++
				} else {
					failures++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	s, err = Open(Limits{}, m)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for key := range acknowledged {
		item, _ := s.Get(key)
		n := 0
		fmt.Sscan(string(item.Value.JSON), &n)
		got[key] = n
	}
	more := 0
	for key, n := range got {
		more += n - acknowledged[key]
		if n < acknowledged[key] {
			t.Errorf("key %s has %d, acknowledged %d", key, n, acknowledged[key])
		}
	}
	// A commit may fail between a mark and the write behind it: the more often, the fewer processors there are.
	if failures == 0 || more > failures/2 {
		t.Errorf("%v, acknowledged %v, %d failures", got, acknowledged, failures)
	}
}

// flaky is a journal of which every seventh commit fails.
type flaky struct {
	*memory
	commits int
}

func (f *flaky) Commit(changes []Change, version uint64) error {
	f.commits++
	f.fails = nil
	if f.commits%7 == 0 {
		f.fails = errors.New("no space left")
	}
	return f.memory.Commit(changes, version)
}
