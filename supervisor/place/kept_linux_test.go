package place

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/kept"
)

func socketpair(t *testing.T) (ours, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return fds[0], fds[1]
}

// pass sends text along with descriptors.
func (c *client) pass(text string, fds ...int) {
	c.Helper()
	if _, _, err := c.conn.WriteMsgUnix([]byte(text), unix.UnixRights(fds...), nil); err != nil {
		c.Fatal(err)
	}
}

// takes returns the descriptor that comes with the answer.
func (c *client) takes(name string) int {
	c.Helper()
	c.send(fmt.Sprintf(`{"id":8,"op":"take","name":%q}`, name))
	b, oob := make([]byte, 1000), make([]byte, 1000)
	n, oobn, _, _, err := c.conn.ReadMsgUnix(b, oob)
	fds := rights.Parse(oob[:oobn])
	if err != nil || string(b[:n]) != `{"id":8,"ok":true}`+"\n" || len(fds) != 1 {
		c.Fatalf("%q with %v, %v", b[:n], fds, err)
	}
	c.Cleanup(func() { unix.Close(fds[0]) })
	return fds[0]
}

func TestDescriptorsOutliveAGeneration(t *testing.T) {
	w := newWorld(t, Config{})
	w.start(1)
	c := w.client(1)
	ours, theirs := socketpair(t)
	// The request before it is in one packet with half of it, and the rest comes later.
	c.pass(`{"id":2,"op":"kept"}`+"\n"+`{"id":3,"op":"keep",`, ours)
	c.send(`"name":"db"}`, `{"id":4,"op":"kept"}`)
	c.hears(`{"id":2,"names":[]}`, `{"id":3,"ok":true}`, `{"id":4,"names":["db"]}`)
	_, _ = unix.Write(theirs, []byte("hello"))
	w.end[1]()
	w.start(2)
	d := w.client(2)
	fd, b := d.takes("db"), make([]byte, 10)
	if n, err := unix.Read(fd, b); string(b[:n]) != "hello" || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
	d.ask(`{"id":5,"op":"take","name":"other"}`, `{"id":5,"error":"no descriptor has this name","code":"not-found"}`)
	d.ask(`{"id":6,"op":"drop","name":"db"}`, `{"id":6,"dropped":true}`)
	d.ask(`{"id":6,"op":"drop","name":"db"}`, `{"id":6,"dropped":false}`)
}

// Each line has its own descriptor, whatever becomes of the others.
func TestDescriptorsAreNotMistaken(t *testing.T) {
	w := newWorld(t, Config{})
	w.start(1)
	c := w.client(1)
	a, _ := socketpair(t)
	b, theirs := socketpair(t)
	c.pass(`{"id":2,"op":"keep","name":""}`+"\n", a)
	c.pass(`{"id":3,"op":"keep","name":"b"}`+"\n", b)
	c.hears(`{"id":2,"error":"`+kept.ErrName.Error()+`","code":"bad-request"}`, `{"id":3,"ok":true}`)
	c.pass(`{"id":4,"op":"keep","name":7}`+"\n", a)
	c.line()
	c.ask(`{"id":5,"op":"keep","name":"c"}`, `{"id":5,"error":"keep needs a descriptor, which comes with the first byte of its line","code":"bad-request"}`)
	_, _ = unix.Write(c.takes("b"), []byte("b"))
	buf := make([]byte, 10)
	if n, err := unix.Read(theirs, buf); string(buf[:n]) != "b" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}

// Answers before a descriptor's are written before it, and those behind it behind it.
func TestTakenAmongOthers(t *testing.T) {
	w := newWorld(t, Config{})
	w.start(1)
	c := w.client(1)
	a, _ := socketpair(t)
	c.pass(`{"id":2,"op":"keep","name":"a"}`+"\n", a)
	c.hears(`{"id":2,"ok":true}`)
	c.send(`{"id":3,"op":"set","key":"k","value":1}`, `{"id":4,"op":"take","name":"a"}`, `{"id":5,"op":"get","key":"k"}`)
	c.hears(`{"id":3,"version":1}`, `{"id":4,"ok":true}`, `{"id":5,"value":1,"version":1}`)
}

// The bound of hotswap is that of all generations together.
func TestDescriptorsAreBounded(t *testing.T) {
	w := newWorld(t, Config{})
	w.start(1)
	w.start(2)
	a, _ := socketpair(t)
	for i := range kept.MaxDescriptors {
		c := w.client(1)
		c.pass(fmt.Sprintf(`{"id":2,"op":"keep","name":"%d"}`+"\n", i), a)
		c.hears(`{"id":2,"ok":true}`)
		c.conn.Close()
	}
	c := w.client(2)
	c.pass(`{"id":2,"op":"keep","name":"more"}`+"\n", a)
	c.hears(`{"id":2,"error":"` + kept.ErrFull.Error() + `","code":"full"}`)
}

// A process that is none of the generation is disconnected before it can take anything.
func TestStrangersTakeNothing(t *testing.T) {
	table := new(kept.Table)
	a, _ := socketpair(t)
	fd, err := unix.Dup(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Keep(kept.Descriptor{Name: "a", FD: fd}); err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	w := newWorld(t, Config{Kept: table})
	w.tree = func() []int { return []int{1} }
	w.start(1)
	c := w.dial(1)
	_, _ = c.conn.Write([]byte(`{"id":1,"op":"hello","version":1}` + "\n" + `{"id":8,"op":"take","name":"a"}` + "\n"))
	b, oob := make([]byte, 1000), make([]byte, 1000)
	if n, oobn, _, _, err := c.conn.ReadMsgUnix(b, oob); n > 0 || oobn > 0 {
		t.Errorf("a stranger got %q, %v, %v", b[:n], rights.Parse(oob[:oobn]), err)
	}
}
