package place

import (
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// lone returns a server that can hand over to another one.
func lone(t *testing.T) *world {
	t.Helper()
	return newWorld(t, Config{Below: func(int) []int { return []int{os.Getpid()} }})
}

// family returns a server whose first generation serves, and one that may become its child.
func family(t *testing.T) (p, c *world) {
	t.Helper()
	p, c = lone(t), lone(t)
	p.start(1)
	p.at("1 serving")
	return p, c
}

// join makes p a parent that leaves everything to its child c, which gets what a process would. kill ends the child.
func join(t *testing.T, p, c *world) (kill func()) {
	t.Helper()
	left, fds, err := p.Freeze()
	testkit.NoError(t, err)
	for i := range fds {
		fds[i], err = unix.FcntlInt(uintptr(fds[i]), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
	}
	testkit.NoError(t, c.Inherit(testkit.Left(t, left, fds)))
	_ = p.theirs.Close() // so that the end of the child is seen before Thaw
	link := c.link
	serves := func() bool { // programs of the parent
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.ContainsFunc(left.(Frozen).Generations, func(g frozenGeneration) bool { return c.sessions[g.Gen] != nil })
	}
	kill = func() {
		for _ = link.Close(); serves(); {
			time.Sleep(time.Millisecond)
		}
	}
	t.Cleanup(kill)
	return kill
}

// gone waits for the end of the connection.
func (c *client) gone() {
	c.Helper()
	if line, err := c.lines.ReadString('\n'); err == nil {
		c.Fatalf("got %s", line)
	}
}

// The child gets everything before it starts its generation. The clients of the parent's programs connect again.
func TestFreeze(t *testing.T) {
	p, c := family(t)
	a := p.client(1)
	a.ask(`{"id":4,"op":"lease","name":"cron","claim":17}`, `{"id":4,"event":"granted"}`)
	a.ask(`{"id":5,"op":"place","handles":true}`, `{"id":5,"event":"place","seq":2,"state":"serving","serving":true}`)
	a.ask(`{"id":6,"op":"set","key":"before","value":"v"}`, `{"id":6,"version":1}`)
	kill := join(t, p, c)
	a.gone()
	c.start(2)
	c.at("2 starting")
	b := c.client(2)
	b.ask(`{"id":2,"op":"get","key":"before"}`, `{"id":2,"value":"v","version":1}`)
	b.ask(`{"id":3,"op":"place"}`, `{"id":3,"event":"place","seq":1,"state":"starting","serving":false}`)
	b.send(`{"id":4,"op":"lease","name":"cron"}`)
	b.quiet()       // what ran under it may still run
	a = p.client(1) // at its old path
	a.ask(`{"id":2,"op":"set","key":"k","value":1}`, `{"id":2,"version":2}`)
	b.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":1,"version":2}`)
	a.ask(`{"id":3,"op":"lease","name":"cron","claim":17}`, `{"id":3,"event":"granted"}`)
	a.ask(`{"id":5,"op":"place","handles":true}`, `{"id":5,"event":"place","seq":1,"state":"serving","serving":true}`)

	c.at("2 serving")
	b.hears(`{"id":3,"event":"place","seq":2,"state":"serving","serving":true}`)
	a.hears(`{"id":3,"event":"revoke"}`)
	a.ask(`{"id":3,"op":"release"}`, `{"id":3,"released":true}`)
	b.hears(`{"id":4,"event":"granted"}`)
	p.at("1 draining")
	a.hears(`{"id":5,"event":"place","seq":2,"state":"draining","serving":false}`)
	done := p.Drained(1)
	a.hears(`{"id":5,"event":"drained","seq":3}`)
	select {
	case <-done:
		t.Error("the program has not answered")
	default:
	}
	a.send(`{"id":5,"op":"done","seq":3}`)
	select {
	case <-done:
	case <-time.After(waitBound):
		t.Error("the parent is not told that the program has answered")
	}
	p.end[1]()
	kill() // the parent ends
	a.gone()
	b.quiet()
}

// The program of the parent is waited for that has not connected again yet.
func TestDrainedBeforeClientsConnectAgain(t *testing.T) {
	p, c := family(t)
	p.client(1).ask(`{"id":5,"op":"place","handles":true}`, `{"id":5,"event":"place","seq":2,"state":"serving","serving":true}`)
	join(t, p, c)
	p.at("1 draining")
	done := p.Drained(1)
	a := p.client(1)
	a.send(`{"id":5,"op":"place","handles":true}`)
	for line := a.line(); line != `{"id":5,"event":"drained","seq":3}`; {
		line = a.line()
	}
	select {
	case <-done:
		t.Error("the program has not answered")
	default:
	}
	a.send(`{"id":5,"op":"done","seq":3}`)
	<-done
}

// If the child is killed, the parent has what it handed over, and a lease stays with its process.
func TestChildIsKilled(t *testing.T) {
	p, c := family(t)
	a := p.client(1)
	a.ask(`{"id":2,"op":"lease","name":"cron","claim":17}`, `{"id":2,"event":"granted"}`)
	a.ask(`{"id":3,"op":"set","key":"k","value":1}`, `{"id":3,"version":1}`)
	kill := join(t, p, c)
	p.client(1).ask(`{"id":3,"op":"set","key":"k","value":2}`, `{"id":3,"version":2}`)
	kill()
	<-p.heard
	if p.Drained(1) != nil {
		t.Error("a drain waits for the word of a child that has ended")
	}
	testkit.NoError(t, p.Thaw())
	b := p.client(1)
	b.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":1,"version":1}`)
	b.send(`{"id":2,"op":"lease","name":"cron"}`)
	b.quiet()
	p.client(1).ask(`{"id":4,"op":"lease","name":"cron","claim":17}`)
	b.hears(`{"id":2,"event":"granted"}`)
}

// What a child has not read, because it has ended, does not reset the link before everything is read there.
func TestWordsThatNoChildReads(t *testing.T) {
	p := lone(t)
	p.start(1)
	for range 50 {
		p.at("1 serving")
		_, _, err := p.Freeze()
		testkit.NoError(t, err)
		p.at("1 held")
		testkit.NoError(t, p.Thaw())
	}
}

// What the other hotswap gives back may be of a form that this one does not know.
func TestWhatIsGivenBackCannotBeRead(t *testing.T) {
	p, c := lone(t), lone(t)
	p.start(1)
	p.client(1).ask(`{"id":2,"op":"add","key":"n"}`, `{"id":2,"value":1,"version":1}`)
	kill := join(t, p, c)
	testkit.Must(c.link.Write([]byte(`{"Back":[]}`)))(t)
	kill()
	<-p.heard
	if err := p.Thaw(); err == nil {
		t.Error("it was read")
	}
	p.start(2) // the child of this test still has the socket of generation 1
	p.client(2).ask(`{"id":2,"op":"add","key":"n"}`, `{"id":2,"value":2,"version":2}`)
}
