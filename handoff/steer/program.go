package steer

// Instr is one instruction of classic BPF: struct sock_filter, linux/filter.h.
type Instr struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// Opcodes of linux/bpf_common.h and the ancillary word for a random number
// (SKF_AD_OFF + SKF_AD_RANDOM, linux/filter.h).
const (
	ldAbsW = 0x20 // BPF_LD|BPF_W|BPF_ABS
	modK   = 0x94 // BPF_ALU|BPF_MOD|BPF_K
	jeqK   = 0x15 // BPF_JMP|BPF_JEQ|BPF_K
	retK   = 0x06 // BPF_RET|BPF_K

	adRandom = 0xfffff000 + 56
)

// Program picks one of the group's members with these indexes: the only one,
// or with equal chance one of several.
func Program(indexes []int) []Instr {
	if len(indexes) == 1 {
		return []Instr{{Code: retK, K: uint32(indexes[0])}}
	}
	prog := []Instr{
		{Code: ldAbsW, K: adRandom},
		{Code: modK, K: uint32(len(indexes))},
	}
	for i, index := range indexes {
		prog = append(prog,
			Instr{Code: jeqK, Jt: 0, Jf: 1, K: uint32(i)},
			Instr{Code: retK, K: uint32(index)})
	}
	// Not reached: the remainder is one of the above. The kernel wants a
	// program to end in a return (bpf_check_classic).
	return append(prog, Instr{Code: retK, K: uint32(indexes[0])})
}
