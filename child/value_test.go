package child

import (
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// What cannot travel is refused, with a word on what to do instead.
func TestRefused(t *testing.T) {
	type inside struct {
		Name string
		Conn *net.TCPConn
	}
	type loop struct {
		Next *loop
		F    func()
	}
	type inner struct{ DB *sql.DB }
	type deep struct {
		User  string
		Inner []inner
	}
	type deepAny struct{ A any }
	for _, c := range []struct {
		v    any
		says string
	}{
		{func() {}, "child.Local"},
		{make(chan int), "child.Local"},
		{map[string]func(){}, "child.Local"},
		{&loop{}, "child.Local"},
		{&net.TCPConn{}, "child.Local"},
		{[]*net.TCPListener{}, "child.Local"},
		{&tls.Conn{}, "child.Local"},
		{os.Stdin, "child.Local"},
		{inside{}, "child.Local"},
		{&sql.DB{}, "child.Local"},
		{&sync.Mutex{}, "child.Local"},
		{context.Background(), "child.Local"},
		{complex(1, 1), "complex"},
		{deep{}, "deep.Inner: child.inner.DB: sql.DB"},
		{map[string]*sql.DB{}, "child.Local"},
		{struct{ *sql.DB }{}, "child.Local"},
		{struct {
			sync.Mutex
			hidden int
		}{}, "child.Local"},
		{map[string]any{"db": &sql.DB{}}, `["db"]: sql.DB`},
		{[]any{1, map[string]any{"c": &net.TCPConn{}}}, `[1]: ["c"]: *net.TCPConn`},
		{deepAny{A: []any{os.Stdin}}, "child.Local"},
		{map[string]any{"f": func() {}}, "child.Local"},
		{"a\xff", "not UTF-8"},
		{[]string{"a", "\xc0"}, "[1]: a string that is not UTF-8"},
		{map[string]int{"\xff": 1}, "not UTF-8"},
	} {
		if _, err := Set(t.Context(), "refused", c.v); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%T: %v", c.v, err)
		}
	}
	type allowed struct {
		sync.Mutex
		When   time.Time
		Next   *allowed
		hidden func()
		Not    func() `json:"-"`
	}
	for _, v := range []any{&allowed{hidden: nil}, struct{}{}, nil, 1, "x", []any{1}, time.Now(), net.IPv4(1, 2, 3, 4), [][]byte{{1}}, any(allowed{}.Next),
		map[string]any{"a": nil, "b": []any{"\ufffd", time.Now(), &allowed{}}}, "\ufffd", `\ufffd`, json.RawMessage(`"\ufffd"`), deepAny{}} {
		if _, err := Set(t.Context(), "refused", v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
}
