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
	// The watcher may come to look only when the change has been taken back.
	if got := c.line(); got != `{"id":4,`+unsaved && got != `{"id":4,"event":"delete","key":"k","version":2}` {
		t.Error(got)
	}
	a.ask(`{"id":5,"op":"get","key":"k"}`, `{"id":5,"missing":true}`)
	a.ask(`{"id":6,"op":"define","key":"k"}`, `{"id":6,"run":true}`)
}
