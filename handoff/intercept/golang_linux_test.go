package intercept

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
)

// go-listen listens as Go programs do, and serves until its input ends.
func helperGoListen(args []string) {
	l, err := net.Listen("tcp", args[0])
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			must(err)
			_, _ = io.WriteString(c, "go\n")
			c.Close()
		}
	}()
	say("listening")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// keepBusy makes the runtime preempt threads by SIGURG as often as it can:
// loops without a call, and garbage.
func keepBusy() {
	for range 4 * runtime.GOMAXPROCS(0) {
		go func() {
			for n := 0; ; n++ {
				if n%(1<<22) == 0 {
					_ = make([]byte, 1<<16)
				}
			}
		}()
	}
	go func() {
		for {
			runtime.GC()
		}
	}()
}

// go-busy listens on 50 addresses while it is busy.
func helperGoBusy(args []string) {
	keepBusy()
	for i := range 50 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.1.%d:%s", i+1, args[0]))
		must(err)
		defer l.Close()
	}
	say("listening")
	_, _ = io.Copy(io.Discard, os.Stdin)
}
