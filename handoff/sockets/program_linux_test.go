package sockets

import (
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// run gives the program's result where the random word has that value. The
// machine of x/net/bpf has no such word, nor what is before the packet, so those
// loads are replaced; the client's port is from.
func run(t *testing.T, prog []unix.SockFilter, from uint16, random uint32) int {
	t.Helper()
	var raw []bpf.Instruction
	for _, i := range prog {
		in := bpf.RawInstruction{Op: i.Code, Jt: i.Jt, Jf: i.Jf, K: i.K}.Disassemble()
		load, extension := in.(bpf.LoadExtension)
		switch {
		case extension && load.Num == bpf.ExtRand:
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: random}
		case i.Code == ldAbsB:
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: 0x45}
		case i.Code == ldAbsH:
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: uint32(from)}
		}
		raw = append(raw, in)
	}
	vm := testkit.Must(bpf.NewVM(raw))(t)
	n := testkit.Must(vm.Run(make([]byte, 64)))(t)
	return n
}

func TestProgram(t *testing.T) {
	for _, indexes := range [][]int{{0}, {5}, {0, 1}, {3, 1, 2}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}} {
		prog := Program(Route{Indexes: indexes})
		count := map[int]int{}
		for random := range uint32(10 * len(indexes)) {
			count[run(t, prog, 1, random)]++
		}
		for _, index := range indexes {
			if want := 10; count[index] != want {
				t.Errorf("%v: index %d was picked %d times, want %d", indexes, index, count[index], want)
			}
		}
		if len(count) != len(indexes) {
			t.Errorf("%v: picked %v", indexes, count)
		}
		if got := run(t, prog, 1, ^uint32(0)); count[got] == 0 {
			t.Errorf("%v: the greatest number picks %d", indexes, got)
		}
	}
}

func TestProgramWithAnException(t *testing.T) {
	prog := Program(Route{Indexes: []int{1, 2, 3}, Pin: &Pin{Port: 777, Index: 9}})
	for random := range uint32(100) {
		if got := run(t, prog, 777, random); got != 9 {
			t.Fatalf("the probe goes to %d", got)
		}
		if got := run(t, prog, 778, random); !slices.Contains([]int{1, 2, 3}, got) {
			t.Fatalf("another goes to %d", got)
		}
	}
}
