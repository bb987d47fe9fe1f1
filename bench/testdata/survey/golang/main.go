// Three listeners: two HTTP servers in one process and a third on another port
// that is opened half a second later.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	http.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"pong":true,"version":%s,"pid":%d}`, os.Getenv("HOTSWAP_GENERATION"), os.Getpid())
	})
	errs := make(chan error)
	for i, port := range strings.Split(os.Getenv("PORTS"), ",") {
		go func() {
			if i == 2 {
				time.Sleep(500 * time.Millisecond)
			}
			errs <- http.ListenAndServe("127.0.0.1:"+port, nil)
		}()
	}
	fmt.Println(<-errs)
	os.Exit(1)
}
