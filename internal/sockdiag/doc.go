// Package sockdiag asks the kernel for its TCP sockets by NETLINK_SOCK_DIAG (sock_diag(7)), which needs no
// privilege. It gets the sockets of /proc/net/tcp, filtered by state in the kernel, with tcp_info on request.
// A handshake under way (SYN_RECV) has inode 0 and the address of its listener.
package sockdiag
