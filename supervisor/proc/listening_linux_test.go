package proc

import (
	"net"
	"os"
	"slices"
	"testing"
)

// What is listed is a listener, and not a connection beside it.
func TestListening(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := listening([]int{os.Getpid()})[os.Getpid()]
	if !slices.Contains(got, l.Addr().String()) || slices.Contains(got, c.LocalAddr().String()) {
		t.Errorf("not the listener, or the connection: %v", got)
	}
}
