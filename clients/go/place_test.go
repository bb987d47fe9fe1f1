package hotswap

import (
	"context"
	"fmt"
	"os"
	"testing"
)

func TestStatePlace(t *testing.T) {
	below := os.Getenv("HOTSWAP_SOCKET") != ""
	if g := Generation(); (g > 0) != below {
		t.Errorf("generation %d", g)
	}
	serves := make(chan struct{})
	OnServe(func() { close(serves) })
	<-serves
	OnDrain(func(context.Context) { t.Error("it drains") })
	select {
	case <-Draining():
		t.Error("it drains")
	default:
	}
}

// A generation is held, serves again, and then drains for good. hotswap hears when the functions have returned.
func TestPlaceChanges(t *testing.T) {
	s := meet(t)
	said := make(chan string)
	end := make(chan struct{})
	OnServe(func() { said <- "serves" })
	OnServe(func() { select {} }) // it holds up nothing
	OnDrain(func(ctx context.Context) { said <- fmt.Sprint("drained: ", AwaitDrained(ctx)); <-end })
	want := func(text string) {
		t.Helper()
		if got := <-said; got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	s.hears(`{"id":2,"op":"place","handles":true}`)
	s.says(`{"id":2,"event":"place","seq":1,"state":"starting","serving":false}`)
	s.says(`{"id":2,"event":"place","seq":2,"state":"serving","serving":true}`)
	want("serves")
	s.says(`{"id":2,"event":"place","seq":3,"state":"held","serving":false}`)
	s.says(`{"id":2,"event":"place","seq":4,"state":"serving","serving":true}`)
	want("drained: false")
	end <- struct{}{} // OnServe waits for that
	want("serves")

	final := Draining()
	s.says(`{"id":2,"event":"place","seq":5,"state":"draining","serving":false}`)
	<-final
	s.conn.Close() // the new connection hears the same
	s.accept()
	s.hears(`{"id":2,"op":"place","handles":true}`)
	s.says(`{"id":2,"event":"place","seq":5,"state":"draining","serving":false}`)
	s.says(`{"id":2,"event":"drained","seq":6}`)
	want("drained: true")
	end <- struct{}{}
	s.hears(`{"id":2,"op":"done","seq":6}`)
}
