package sockets

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Opcodes of struct sock_filter (linux/bpf_common.h), and offsets of what a program loads (linux/filter.h).
const (
	ldAbsW = 0x20 // BPF_LD|BPF_W|BPF_ABS
	modK   = 0x94 // BPF_ALU|BPF_MOD|BPF_K
	jeqK   = 0x15 // BPF_JMP|BPF_JEQ|BPF_K
	retK   = 0x06 // BPF_RET|BPF_K

	ldAbsH = 0x28 // BPF_LD|BPF_H|BPF_ABS
	ldAbsB = 0x30 // BPF_LD|BPF_B|BPF_ABS
	andK   = 0x54 // BPF_ALU|BPF_AND|BPF_K
	ja     = 0x05 // BPF_JMP|BPF_JA

	adRandom = 0xfffff000 + 56 // a random number: SKF_AD_OFF + SKF_AD_RANDOM
	version  = 0xfff00000      // the first byte of the IP header: SKF_NET_OFF
	// The client's port, behind an IP header without options. hotswap's own connections have none.
	port4 = version + 20
	port6 = version + 40
)

// Program returns the program that picks a member for each new connection, each with equal chance.
func Program(to Route) (prog []unix.SockFilter) {
	if to.Pin != nil { // an exception for one client port
		prog = slices.Concat(clientPort, member(int(to.Pin.Port), to.Pin.Index))
	}
	if n := len(to.Indexes); n > 1 {
		chance := []unix.SockFilter{{Code: ldAbsW, K: adRandom}}
		if to.ByPort {
			chance = clientPort
		}
		prog = append(slices.Concat(prog, chance), unix.SockFilter{Code: modK, K: uint32(n)})
		for i := 1; i < n; i++ {
			prog = append(prog, member(i, to.Indexes[i])...)
		}
	}
	return append(prog, unix.SockFilter{Code: retK, K: uint32(to.Indexes[0])})
}

// member picks a member if that value is loaded.
func member(value, index int) []unix.SockFilter {
	return []unix.SockFilter{{Code: jeqK, Jf: 1, K: uint32(value)}, {Code: retK, K: uint32(index)}}
}

// clientPort loads the client's port. A packet of IPv4 starts with the nibble 4, whatever the socket's family.
var clientPort = []unix.SockFilter{
	{Code: ldAbsB, K: version},
	{Code: andK, K: 0xf0},
	{Code: jeqK, Jf: 2, K: 0x40},
	{Code: ldAbsH, K: port4},
	{Code: ja, K: 1},
	{Code: ldAbsH, K: port6},
}
