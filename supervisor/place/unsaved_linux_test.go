package place

import (
	"errors"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// disk is a journal that is full.
type disk struct {
	commits chan int      // gets the number of changes of each commit
	ends    chan struct{} // lets a commit end
}

func (disk) Load(func(store.Item) error) (uint64, error) { return 0, nil }
func (disk) Close() error                                { return nil }

func (d disk) Commit(changes []store.Change, _ uint64) error {
	d.commits <- len(changes)
	<-d.ends
	return errors.New("no space left")
}

// A change that cannot be saved is an error for whoever made it or would be told of it, also
// if another connection's commit has failed meanwhile, and the change is taken back.
func TestChangesThatCannotBeSaved(t *testing.T) {
	d := disk{make(chan int, 99), make(chan struct{})}
	s, err := store.Open(store.Limits{}, d)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, Config{Store: s})
	w.start(1)
	a, b, c := w.client(1), w.client(1), w.client(1)
	a.ask(`{"id":2,"op":"define","key":"k"}`, `{"id":2,"run":true}`)
	b.send(`{"id":3,"op":"define","key":"k"}`)
	c.ask(`{"id":4,"op":"watch","key":"k"}`, `{"id":4,"event":"ready"}`)
	b.ask(`{"id":4,"op":"get","key":"other"}`, `{"id":4,"missing":true}`)
	a.send(`{"id":2,"op":"defined","value":1}`)
	if n := <-d.commits; n != 1 {
		t.Error(n)
	}
	close(d.ends)
	unsaved := `"error":"the state cannot be written to the disk: not saved: no space left","code":"unavailable"}`
	a.hears(`{"id":2,` + unsaved)
	b.hears(`{"id":3,` + unsaved)
	c.hears(`{"id":4,"event":"delete","key":"k","version":2}`)
	a.ask(`{"id":5,"op":"get","key":"k"}`, `{"id":5,"missing":true}`)
	a.ask(`{"id":6,"op":"define","key":"k"}`, `{"id":6,"run":true}`)
}

// fallible is a journal of which every commit fails, or none.
type fallible struct {
	disk
	fails *bool
}

func (f fallible) Commit([]store.Change, uint64) error {
	if *f.fails {
		return errors.New("no space left")
	}
	return nil
}

// A watch goes on behind a commit that has failed: with what was saved, also if that was to be told meanwhile.
func TestWatchOutlivesAFailedCommit(t *testing.T) {
	ses := New(Config{}).newSession(1)
	ses.living = t.Context()
	s := store.New(store.Limits{})
	for _, key := range []string{"a", "b"} {
		if _, err := s.Set(key, store.Value{JSON: []byte("1")}, store.Write{}); err != nil {
			t.Fatal(err)
		}
	}
	ses.of.cfg.Store = s
	c := newConn(ses, nil, 0)
	empty := ""
	if err := c.watch(&request{ID: 2, Prefix: &empty}); err != nil {
		t.Fatal(err)
	}
	w := c.find(2).(*watchRequest)
	say := func() string {
		var a answers
		w.say(&a, maxBatch)
		w.lost = a.lost(errors.New("no space left"))[w]
		if len(a.buf) > 0 {
			t.Errorf("what is not saved is told: %s", a.buf)
		}
		elsewhere := s.WatchFrom(w.state(), func() {})
		defer elsewhere.Close()
		if events, _ := elsewhere.Next(9); len(events) != 3 {
			t.Errorf("after an upgrade it tells %v", events)
		}
		w.say(&a, maxBatch)
		return string(a.buf)
	}
	const all = `{"id":2,"event":"set","key":"a","value":1,"version":1}
{"id":2,"event":"set","key":"b","value":1,"version":2}
{"id":2,"event":"ready"}
`
	if got := say(); got != all {
		t.Errorf("got %s", got)
	}
	fails := false
	if err := s.Attach(fallible{disk{}, &fails}); err != nil {
		t.Fatal(err)
	}
	fails = true
	if _, err := s.Delete("a", nil); err != nil {
		t.Fatal(err)
	}
	var a answers
	w.say(&a, maxBatch)
	if err := s.Sync(t.Context()); err == nil {
		t.Fatal("the commit has not failed")
	}
	w.lost = a.lost(errors.New("no space left"))[w]
	w.say(&a, maxBatch)
	if got, want := string(a.buf), `{"id":2,"event":"set","key":"a","value":1,"version":1}`+"\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}
