package child

import (
	"context"
	"crypto/tls"
	"database/sql"
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
	for _, c := range []struct {
		v    any
		says string
	}{
		{func() {}, "child.Local"},
		{make(chan int), "child.Local"},
		{map[string]func(){}, "child.Local"},
		{&loop{}, "child.Local"},
		{&net.TCPConn{}, "child.Keep"},
		{[]*net.TCPListener{}, "child.Keep"},
		{&tls.Conn{}, "child.Keep"},
		{os.Stdin, "child.Keep"},
		{inside{}, "child.Keep"},
		{&sql.DB{}, "child.Local"},
		{&sync.Mutex{}, "child.Local"},
		{context.Background(), "child.Local"},
		{complex(1, 1), "complex"},
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
	for _, v := range []any{&allowed{hidden: nil}, struct{}{}, nil, 1, "x", []any{1}, time.Now(), net.IPv4(1, 2, 3, 4), [][]byte{{1}}, any(allowed{}.Next)} {
		if _, err := Set(t.Context(), "refused", v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
}
