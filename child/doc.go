// Package child is for Go programs that hotswap runs.
//
//	func main() {
//		l, err := child.Listen("tcp", ":4000")
//		if err != nil {
//			log.Fatal(err)
//		}
//		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//			visits, err := child.Add(r.Context(), "visits", 1)
//			if err != nil {
//				http.Error(w, err.Error(), http.StatusInternalServerError)
//				return
//			}
//			fmt.Fprintln(w, "visits:", visits)
//		})}
//		child.DrainOnSignal()
//		go server.Serve(l)
//		child.Ready()
//		<-child.Draining()
//		server.Shutdown(context.Background())
//	}
//
// # What happens without hotswap?
//
// The same calls work in the memory of the process: state ends with the process, each lease is granted,
// and the program serves from the start. So a program needs no second code path for production.
//
// The package talks with hotswap if HOTSWAP_SOCKET is set. It opens one connection at the first call
// that needs hotswap, for all goroutines. Before that, and without hotswap, it starts nothing in the
// background. If hotswap can no longer be reached, calls fail with [ErrGone]; they never fall back to
// the memory of the process, because two processes would then have two states.
//
// # Which values can be kept?
//
// Values of type []byte travel as bytes. All others travel as JSON, by [encoding/json]. What cannot travel,
// such as a function, a channel or a connection, is refused; [Local] is for what belongs to one process.
//
// Several versions of the program share the state while hotswap swaps them, and after a rollback. If a
// version changes what a key means, put its keys into another [Namespace].
//
// # When does a generation stop to serve?
//
// After a cutover, the old generation is held for a while: it gets no new connections, but it serves again
// if the new one fails. [OnDrain] and [OnServe] tell of each such change. [Draining] is closed only when the
// generation is not meant to serve again.
package child
