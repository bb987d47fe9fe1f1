package proc

import (
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// serve listens and says which signals it gets. After the first it leaves in a
// while; or "slowly", no longer listening; or "never".
func helperServe(args []string) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	defer l.Close()
	how := append(args, "soon")[0]
	got := make(chan os.Signal, 16)
	signal.Notify(got, syscall.SIGTERM)
	say("serve", os.Getpid())
	var leave <-chan time.Time
	for {
		select {
		case sig := <-got:
			say("caught", int(sig.(syscall.Signal)))
			switch {
			case leave != nil || how == "never":
			case how == "slowly":
				l.Close()
				leave = time.After(passedWithin + passedWithin/2)
			default:
				leave = time.After(200 * time.Millisecond)
			}
		case <-leave:
			return
		}
	}
}
