package readiness

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// storeOf tells what it is asked.
type storeOf struct{ asked chan string }

func (s storeOf) Store(name string, fd int, watched bool) error {
	defer unix.Close(fd)
	var st unix.Stat_t
	_ = unix.Fstat(fd, &st)
	s.asked <- fmt.Sprintf("store %q watched %v pipe %v", name, watched, st.Mode&unix.S_IFMT == unix.S_IFIFO)
	if name == "full" {
		return errors.New("64 descriptors are kept")
	}
	return nil
}

func (s storeOf) Drop(name string) bool { s.asked <- fmt.Sprintf("drop %q", name); return true }

func TestDescriptorsAreStored(t *testing.T) {
	asked := make(chan string, 10)
	p := beginWith(t, func(s *notifySession) { s.descriptors = storeOf{asked} })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd := int(r.Fd())
	hear := func(want ...string) {
		t.Helper()
		for _, text := range want {
			if got := <-asked; got != text {
				t.Errorf("%s, want %s", got, text)
			}
		}
	}
	p.say("FDSTORE=1\nFDNAME=db\n", fd, fd)
	hear(`store "db" watched true pipe true`, `store "db" watched true pipe true`)
	p.say("FDSTORE=1", fd)
	hear(`store "stored" watched true pipe true`)
	p.say("FDNAME=db\nFDSTOREREMOVE=1")
	hear(`drop "db"`)
	p.say("FDSTOREREMOVE=1\nFDSTORE=1\nFDPOLL=0\nFDNAME=a", fd) // the new one stays
	hear(`drop "a"`, `store "a" watched false pipe true`)
	p.say("FDNAME=db", fd) // asks for nothing
	p.say("FDSTORE=1\nFDNAME=full", fd)
	hear(`store "full" watched true pipe true`)
	p.want(handoff.Status{Gen: 7, Text: "FDSTORE=1 failed: 64 descriptors are kept"})

	p.member(1) // a stranger stores nothing, and removes nothing
	p.say("FDSTOREREMOVE=1\nFDNAME=a")
	p.say("FDSTORE=1\nFDNAME=b", int(w.Fd()))
	w.Close()
	_, _ = r.Read(make([]byte, 1)) // ends when the message has been handled and its descriptor is closed
	if len(asked) > 0 {
		t.Errorf("a stranger asked for: %s", <-asked)
	}
}
