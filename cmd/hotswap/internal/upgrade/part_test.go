package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// noting returns a part that notes what is asked of it. One that fails can neither be frozen nor thawed.
func noting(log *[]string, name string, fails bool) Part {
	do := func(what string) error {
		*log = append(*log, what+" "+name)
		if fails {
			return errors.New("it moves")
		}
		return nil
	}
	return Part{
		Name: name, Freeze: func() (any, []int, error) { return name, nil, do("freeze") },
		Thaw: func() error { return do("thaw") }, Release: func() { _ = do("release") },
	}
}

// Parts are thawed and released in reverse. If one cannot be frozen, all before it are thawed, and nothing after it is
// touched.
func TestParts(t *testing.T) {
	var log []string
	expect := func(want string) {
		t.Helper()
		if got := strings.Join(log, ", "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		log = nil
	}
	parts := []Part{noting(&log, "a", false), {Name: "nothing"}, noting(&log, "b", false), noting(&log, "c", true),
		noting(&log, "d", false)}
	_, _, err := freeze(parts)
	expect("freeze a, freeze b, freeze c, thaw c, thaw b, thaw a")
	if err == nil || err.Error() != "it moves\nit moves" {
		t.Errorf("%v", err)
	}
	release(parts)
	expect("release d, release c, release b, release a")
}

// What the parts leave comes to the parts of their names, descriptors too. What nobody takes is closed.
func TestStateTravels(t *testing.T) {
	file := func(text string) int {
		r, w, err := os.Pipe()
		testkit.NoError(t, err)
		_, _ = w.WriteString(text)
		w.Close()
		t.Cleanup(func() { _ = r.Close() })
		return int(r.Fd())
	}
	many := make([]int, 600) // more than a message may have
	for i := range many {
		many[i] = file(fmt.Sprint(i))
	}
	leaves := func(name string, fds ...int) Part {
		return Part{Name: name, Freeze: func() (any, []int, error) { return name, fds, nil }}
	}
	left, fds, err := freeze([]Part{leaves("none"), leaves("<two>", file("x"), file("y")), leaves("many", many...),
		leaves("unknown", file("z"))})
	testkit.NoError(t, err)
	ours, theirs, err := rights.Pair(syscall.SOCK_STREAM)
	testkit.NoError(t, err)
	since := time.Now().Round(0)
	// before anybody reads
	testkit.NoError(t, rights.SendFiles(ours, fds), json.NewEncoder(ours).Encode(message{since, left}),
		ours.Close())
	conn, err := rights.Conn(theirs)
	testkit.NoError(t, err)
	defer conn.Close()
	u := Upgrade{permit: newPermit()}
	testkit.NoError(t, u.read(conn))
	if !u.Since.Equal(since) {
		t.Errorf("%v", u.Since)
	}
	last := u.left["unknown"].FDs[0]
	var parts []Part
	got := map[string][]string{}
	for _, name := range []string{"none", "<two>", "many", "of another version"} {
		parts = append(parts, Part{Name: name, Inherit: func(left func(any) []int) error {
			var is string
			for _, fd := range left(&is) {
				f := os.NewFile(uintptr(fd), "")
				b, _ := io.ReadAll(f)
				got[is] = append(got[is], string(b))
				f.Close()
			}
			got[is] = slices.Concat([]string{is}, got[is])
			return nil
		}})
	}
	var none string
	parts = append(parts, Part{Name: "<two>", State: &none}) // which another part has got
	testkit.NoError(t, u.Inherit(parts))
	if len(got["many"]) != len(many)+1 {
		t.Errorf("%d descriptors", len(got["many"]))
	}
	delete(got, "many")
	want := map[string][]string{"": {""}, "none": {"none"}, "<two>": {"<two>", "x", "y"}}
	if !reflect.DeepEqual(got, want) || none != "" {
		t.Errorf("%q, and once more %q", got, none)
	}
	if _, err := syscall.Read(last, make([]byte, 1)); err == nil {
		t.Error("a descriptor that nobody takes stays open")
	}
}

// Descriptors may be missing: the kernel drops those for which a child has no room (recvmsg(2), MSG_CTRUNC).
func TestMissingDescriptors(t *testing.T) {
	ours, theirs, err := rights.Pair(syscall.SOCK_STREAM)
	testkit.NoError(t, err)
	_, err = ours.Write([]byte(`{"Parts":{"a":{"State":1,"FDs":[0]}}}`))
	testkit.NoError(t, err, ours.Close())
	conn, err := rights.Conn(theirs)
	testkit.NoError(t, err)
	defer conn.Close()
	if err := new(Upgrade).read(conn); err == nil {
		t.Error("the child begins without them")
	}
}

// What a child has not read is open nowhere.
func TestUnreadDescriptorsAreClosed(t *testing.T) {
	ours, theirs, err := rights.Pair(syscall.SOCK_STREAM)
	testkit.NoError(t, err)
	dup, err := syscall.Dup(int(theirs.Fd())) // as tableflip keeps one
	testkit.NoError(t, err)
	defer syscall.Close(dup)
	r, w, _ := os.Pipe()
	defer r.Close()
	testkit.NoError(t, rights.SendFiles(ours, []int{int(w.Fd())}))
	w.Close()
	discardUnread(ours, theirs)
	_ = r.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%v", err)
	}
}
