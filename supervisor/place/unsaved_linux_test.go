package place

import (
	"errors"
	"iter"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// disk is a journal that is full while it fails.
type disk struct{ fails bool }

func (*disk) Load(func(store.Item) error) (uint64, error) { return 0, nil }
func (*disk) Close() error                                { return nil }

func (d *disk) Commit([]store.Change, uint64, iter.Seq[store.Item]) error {
	if d.fails {
		return errors.New("no space left")
	}
	return nil
}

// A change that cannot be saved is an error for whoever made it or would be told of it, and is taken back.
func TestChangesThatCannotBeSaved(t *testing.T) {
	d, s := &disk{}, store.New(store.Limits{})
	if err := s.Attach(d); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, Config{Store: s})
	w.start(1)
	a, b, c := w.client(1), w.client(1), w.client(1)
	a.ask(`{"id":2,"op":"define","key":"k"}`, `{"id":2,"run":true}`)
	b.send(`{"id":3,"op":"define","key":"k"}`)
	c.ask(`{"id":4,"op":"watch","prefix":""}`, `{"id":4,"event":"ready"}`)
	b.ask(`{"id":4,"op":"get","key":"other"}`, `{"id":4,"missing":true}`)
	d.fails = true
	unsaved := `"error":"the state cannot be written to the disk: no space left","code":"unavailable"}`
	a.ask(`{"id":2,"op":"defined","value":1}`, `{"id":2,`+unsaved)
	b.hears(`{"id":3,"run":true}`)
	a.send(`{"id":5,"op":"set","key":"k","value":2}`, `{"id":6,"op":"get","key":"k"}`)
	a.hears(`{"id":5,`+unsaved, `{"id":6,`+unsaved)
	a.ask(`{"id":5,"op":"get","key":"k"}`, `{"id":5,"missing":true}`)
	d.fails = false
	b.ask(`{"id":3,"op":"failed"}`, `{"id":3,"error":"the initializer failed","code":"failed"}`)
	a.ask(`{"id":6,"op":"define","key":"k"}`, `{"id":6,"run":true}`)
	a.ask(`{"id":7,"op":"set","key":"saved","value":1}`, `{"id":7,"version":1}`)
	c.hears(`{"id":4,"event":"set","key":"saved","value":1,"version":1}`)
}
