//go:build linux

package faults

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// exitPoints are about new programs that end by themselves, or that cannot even
// begin.
func exitPoints() (out []point) {
	for _, st := range []string{stepStarted, stepBeforeBind, stepBound, stepListening, stepProbed} {
		out = append(out, point{step: st, victim: theNew, fault: "exit 3", run: exitsAt(st)})
	}
	return append(out,
		point{step: stepAccepted, victim: theNew, fault: "exit 3", run: exitsAfterProbe},
		point{step: "starting", victim: theNew, fault: "its binary is gone", run: programDeleted},
		point{step: "starting", victim: theNew, fault: "the working directory is gone", run: folderDeleted},
		point{step: "starting", victim: theBoss, fault: "hotswap's binary is gone", run: hotswapDeleted},
		point{step: "starting", victim: theNew, fault: "the port is another program's", run: portTaken},
	)
}

// exitsAt: a broken save takes nothing down, at whatever step it breaks.
func exitsAt(step string) func(*testing.T) *result {
	return func(t *testing.T) *result {
		s := begin(t, setting{env: []string{fmt.Sprintf("%s=%s:2", envExit, step)}})
		s.swap()
		if l := s.h.Wait("failed", e2etest.Of("failed", 2)); l.Next != "keeps" {
			t.Errorf("%+v", l)
		}
		return s.endsWell()
	}
}

// exitsAfterProbe: a program that accepts its first connection and dies of it. The
// old one serves on or again, whichever hotswap saw first.
func exitsAfterProbe(t *testing.T) *result {
	s := begin(t, setting{env: []string{fmt.Sprintf("%s=%s:2", envExit, stepAccepted)}})
	s.ordered = s.client.SuspendOrder()
	s.swap()
	s.h.Wait("what became of it", ofEnd(2))
	if gen := s.settled(); gen != 1 {
		t.Errorf("generation %d serves", gen)
	}
	return s.endsWell()
}

// link gives a file a second name, in the scene's own folder.
func (s *scene) link(file string) string {
	s.Helper()
	name := filepath.Join(s.dir, filepath.Base(file))
	testkit.NoError(s, os.Link(file, name))
	return name
}

func programDeleted(t *testing.T) *result {
	s := prepare(t, setting{}, testkit.FreePort(t))
	self := s.program
	s.program = s.link(self)
	s.start()
	s.underLoad(1)
	testkit.NoError(t, os.Remove(s.program))
	s.swap()
	if l := s.h.Wait("failed", e2etest.Of("failed", 2)); l.Next != "keeps" || l.Why != "not started" {
		t.Errorf("%+v", l)
	}
	s.more(50)
	s.link(self)
	return s.endsWell()
}

// folderDeleted: git worktrees and temporary checkouts go away below what runs in
// them.
func folderDeleted(t *testing.T) *result {
	s := begin(t, setting{})
	testkit.NoError(t, os.Remove(filepath.Join(s.dir, "work")))
	return s.endsWell()
}

// hotswapDeleted: a package manager has replaced it.
func hotswapDeleted(t *testing.T) *result {
	s := prepare(t, setting{}, testkit.FreePort(t))
	s.binary = s.link(binary)
	s.start()
	s.underLoad(1)
	testkit.NoError(t, os.Remove(s.binary))
	return s.endsWell()
}

// portTaken: the first boot finds the port taken, says by whom, and serves when
// it is free.
func portTaken(t *testing.T) *result {
	port := testkit.FreePort(t)
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:"+port))(t)
	defer l.Close()
	s := prepare(t, setting{watched: true}, port)
	s.start()
	taken := s.h.Wait("address-in-use", e2etest.Of("address-in-use", 1))
	if taken.Holder != os.Getpid() {
		t.Errorf("%+v", taken)
	}
	s.h.Wait("failed", e2etest.Of("failed", 1))
	l.Close()
	s.swap()
	s.underLoad(2)
	return s.endsWell()
}
