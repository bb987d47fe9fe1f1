// Package sockdiag asks the kernel for its TCP sockets by NETLINK_SOCK_DIAG
// (sock_diag(7)), which needs no privilege.
//
// # What does it see that /proc/net/tcp does not?
//
// The same sockets, but filtered by state in the kernel, in one binary dump,
// and with tcp_info on request. A handshake under way (SYN_RECV) has inode 0
// and the address of its listener.
package sockdiag
