package drain

import "time"

// direction says which is newer on a connection: what the program has read, or what the program has sent.
type direction uint8

const (
	dirUnknown direction = iota // nothing tells; the connection counts as busy, and what comes goes to the program
	dirRequest                  // the program has not answered a request
	dirAnswer                   // the program's data came last
	dirLikely                   // an answer, or a request in two segments: busy, but what comes may be a new request
)

const (
	freshFor   = time.Second            // a client that has connected sends its first request within this time
	doubtFor   = 2 * time.Second        // a tie that nothing resolves counts as busy for so long
	delayedACK = 100 * time.Millisecond // the kernel has acknowledged a request within this time (tcp_send_delayed_ack)
)

// infer returns the direction of a connection from which the program has read all that has come. Only ages tell it: of
// what went on before the first look, of an exchange between two looks, and of each connection that sock_diag alone
// shows.
//
// Both ages are the same if the request and the answer fell into one tick of the kernel's clock, as they do when a
// program answers at once, or when a client asks at once. Only the kernel's delayed ACK distinguishes the two. It finds
// a request unanswered after 40 ms and ends the pingpong mode (tcp_delack_timer_handler), which each answer in the tick
// of its request has begun (tcp_event_data_sent). A request in two segments is acknowledged when the program reads the
// request, and leaves the mode on. Linux 5.1 to 5.18 begin the mode with the third such answer, and later kernels with the
// one that net.ipv4.tcp_pingpong_thresh says: before, an answered request looks unanswered, and no request is cut.
func infer(s sample) direction {
	switch {
	case s.Received == 0 && s.Sent == 0:
		if min(s.SentAge, s.ReceivedAge) < freshFor {
			return dirRequest // the client has just connected
		}
		return dirAnswer
	case s.ReceivedAge < s.SentAge:
		return dirRequest
	case s.ReceivedAge > s.SentAge:
		return dirAnswer
	case s.PingPongOff:
		return dirRequest
	case s.ReceivedAge >= doubtFor:
		return dirAnswer
	case s.ReceivedAge >= delayedACK:
		return dirLikely
	}
	return dirUnknown
}
