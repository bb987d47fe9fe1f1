// Package peer says of clients of this machine whose they are. sock_diag(7) names the client's socket and its user.
package peer
