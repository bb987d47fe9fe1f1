// Package rights reads the descriptors that a message over a unix socket brings (SCM_RIGHTS,
// unix(7)).
package rights

import "golang.org/x/sys/unix"

// Parse returns the descriptors in a message's control data. The caller owns them.
func Parse(oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if more, err := unix.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, more...)
		}
	}
	return fds
}
