//go:build linux

package faults

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// settled waits until one generation serves and nothing of another is left, and
// says which.
func (s *scene) settled() (gen int) {
	s.Helper()
	hotswap := s.h.Cmd.Process.Pid
	testkit.Eventually(s.T, func() error {
		serving, _, err := s.who()
		if err != nil {
			return err
		}
		if told := s.serving(); told != serving && s.output == nil {
			return fmt.Errorf("generation %d answers, %d is said to serve", serving, told)
		}
		keepers := 0
		for _, p := range processes(s.requests) {
			switch {
			case p.state == 'Z':
				return fmt.Errorf("a zombie: %v", p)
			case p.pid == hotswap:
			case p.keeper:
				keepers++
			case p.gen != serving:
				return fmt.Errorf("generation %d serves, and there is %v", serving, p)
			}
		}
		if keepers < 1 || keepers > 2 { // one may wait for a program
			return fmt.Errorf("%d keepers", keepers)
		}
		gen = serving
		return nil
	})
	return gen
}

// endsWell proves that all is as before, and ends hotswap.
func (s *scene) endsWell() *result {
	s.Helper()
	s.swapsAgain()
	s.leaves()
	return s.result
}

// swapsAgain proves that all is as before: a swap under load, as many
// descriptors.
func (s *scene) swapsAgain() {
	s.Helper()
	old := s.settled()
	if s.ordered != nil {
		s.ordered()
	}
	before := s.h.Count(func(l e2etest.Line) bool { return l.Event == "serving" })
	s.swap()
	l := s.h.Nth("a swap afterwards", before+1, func(l e2etest.Line) bool { return l.Event == "serving" })
	s.h.Drained(old)
	s.settled()
	s.client.Answers(strconv.Itoa(l.Gen), 50)
	s.sameDescriptors()
}

// sameDescriptors wants no more than there were; two more may be gates that
// wait for their turn to leave the group.
func (s *scene) sameDescriptors() {
	s.Helper()
	var now []string
	testkit.Eventually(s.T, func() error {
		now = descriptors(s.T, s.h.Cmd.Process.Pid)
		if len(now) > len(s.before)+2 {
			return fmt.Errorf("hotswap has %d descriptors, it had %d:\n%q\n%q", len(now), len(s.before), now, s.before)
		}
		return nil
	})
}

// leaves ends hotswap as a user does, and wants nothing to be left.
func (s *scene) leaves() {
	s.Helper()
	s.stopLoad()
	s.signal(s.h.Cmd.Process.Pid, syscall.SIGTERM)
	if code := s.h.Exit(); code != 0 {
		s.Errorf("hotswap ended with %d", code)
	}
	s.nothingLeft()
	s.portIsFree()
}

// nothingLeft wants every process of the scene to end in time.
func (s *scene) nothingLeft() {
	s.Helper()
	testkit.Eventually(s.T, func() error {
		if left := processes(s.requests); len(left) > 0 {
			return fmt.Errorf("still there: %v", left)
		}
		return nil
	})
}

func (s *scene) portIsFree() {
	s.Helper()
	c, err := net.Dial("tcp4", "127.0.0.1:"+s.port)
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		s.Errorf("the port is still open: %v", err)
	}
}
