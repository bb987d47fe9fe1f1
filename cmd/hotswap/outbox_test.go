package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// A reader that does not read stops nobody, and gets every line in the end.
func TestOutboxDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // a write waits for its reader
		o := newOutbox(w)
		for range 100 {
			if _, err := o.Write([]byte("line\n")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait() // all is written that can be
		go func() {
			o.close()
			w.Close()
		}()
		b, err := io.ReadAll(r)
		if err != nil || strings.Count(string(b), "line\n") != 100 {
			t.Errorf("%d lines came, %v", strings.Count(string(b), "line\n"), err)
		}
	})
}

// A reader that never reads does not keep hotswap from ending.
func TestOutboxEndsWithoutItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		o := newOutbox(w)
		if _, err := o.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
		o.close()
		r.Close() // ends the goroutine that still writes
	})
}
