package node

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for line, want := range map[string]Message{
		`{"type":"hello","version":1,"pid":7,"thread":2,"node":"20.1.0","began":5,"faults":"9","follows":true,"more":[]}`: Hello{1, 7, 2, "20.1.0", 5, "9", true, nil, false},
		`{"type":"listening","port":4000}`: Listening{4000, ""},
		`{"type":"listening","at":"/a"}`:   Listening{0, "/a"},
		`{"type":"move","at":"/a"}`:        Move{At: "/a"},
		`{"type":"state","seq":3,"connections":9,"busy":2,"streams":1,"flowing":1,"stays":4}`:                  State{Seq: 3, Connections: 9, Busy: 2, Streams: 1, Flowing: 1, Stays: 4},
		`{"type":"files","seq":4,"files":[{"path":"/a b.mjs","kind":"esm"}]}`:                                  Files{Seq: 4, Files: []File{{Path: "/a b.mjs", Kind: ESModule}}},
		`{"type":"files","seq":4,"files":[],"done":true,"exact":true,"main":"/m","remembered":"2 of 3 files"}`: Files{Seq: 4, Files: []File{}, Done: true, Exact: true, Main: "/m", Remembered: "2 of 3 files"},
		`{"type":"tomorrow"}`: nil,
	} {
		if got, err := Decode([]byte(line)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{
		``, `null,`, `{"type":1}`, `{"type":"listening","port":70000}`, `{"type":"listening","port":-1}`,
		`{"type":"listening","at":"` + strings.Repeat("a", maxPlace+1) + `"}`, `{"type":"state","busy":-1}`, `{"type":"state","busy":1e30}`, `[]`,
		`{"type":"files","files":[{"path":"a"}]}`, `{"type":"files","files":{}}`,
	} {
		if got, err := Decode([]byte(line)); err == nil {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if _, err := Decode([]byte(`{"type":"hello","version":2}`)); !errors.Is(err, errVersion) {
		t.Errorf("of the next version: %v", err)
	}
}

func TestOrders(t *testing.T) {
	for want, o := range map[string]order{
		`{"type":"drain"}`:                          {Type: "drain"},
		`{"type":"drain","moves":true,"next":true}`: {Type: "drain", Moves: true, Next: true},
		`{"type":"drain","websocket":{"code":1012,"reason":"service restart"}}`: {Type: "drain", WebSocket: &CloseReason{Code: 1012, Reason: "service restart"}},
		`{"type":"look","seq":3}`:  {Type: "look", Seq: 3},
		`{"type":"resume"}`:        {Type: "resume"},
		`{"type":"files","seq":4}`: {Type: "files", Seq: 4},
	} {
		if got := string(o.line()); got != want+"\n" {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"hello","version":1,"pid":7}`))
	f.Add([]byte(`{"type":"state","seq":3,"busy":2}`))
	f.Add([]byte(`{"type":"listening","port":1}`))
	f.Add([]byte(`{"type":"files","files":[{"path":"/a","kind":"esm"}],"done":true}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := Decode(line)
		if err != nil && m != nil {
			t.Fatalf("%+v, %v", m, err)
		}
		switch m := m.(type) {
		case Hello:
			if m.Version != protocol {
				t.Fatalf("%+v", m)
			}
		case State:
			if m.Busy < 0 || m.Connections < 0 || m.Seq < 0 || m.Streams < 0 {
				t.Fatalf("%+v", m)
			}
		}
	})
}

// A load is passed on as it came, and no longer.
func TestTakeIsAsLong(t *testing.T) {
	order := take{Type: "take", ID: 1, At: "a", UntilMS: 2, Load: []byte(`{"state":"<a&b>"}`)}
	if want, got := `{"type":"take","id":1,"at":"a","untilMs":2,"load":{"state":"<a&b>"}}`+"\n", string(order.line()); got != want {
		t.Errorf("%q", got)
	}
}
