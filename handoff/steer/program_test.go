package steer

import (
	"testing"

	"golang.org/x/net/bpf"
)

// run gives the program's result for a random number. The machine of x/net/bpf
// has none, so the load is replaced.
func run(t *testing.T, prog []Instr, random uint32) int {
	t.Helper()
	var raw []bpf.Instruction
	for _, i := range prog {
		in := bpf.RawInstruction{Op: i.Code, Jt: i.Jt, Jf: i.Jf, K: i.K}.Disassemble()
		if load, ok := in.(bpf.LoadExtension); ok && load.Num == bpf.ExtRand {
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: random}
		}
		raw = append(raw, in)
	}
	vm, err := bpf.NewVM(raw)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(make([]byte, 64))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestProgram(t *testing.T) {
	for _, indexes := range [][]int{{0}, {5}, {0, 1}, {3, 1, 2}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}} {
		count := map[int]int{}
		for random := range uint32(10 * len(indexes)) {
			count[run(t, Program(indexes), random)]++
		}
		for _, index := range indexes {
			if want := 10; count[index] != want {
				t.Errorf("%v: index %d was picked %d times, want %d", indexes, index, count[index], want)
			}
		}
		if len(count) != len(indexes) {
			t.Errorf("%v: picked %v", indexes, count)
		}
		if got := run(t, Program(indexes), ^uint32(0)); count[got] == 0 {
			t.Errorf("%v: the greatest number picks %d", indexes, got)
		}
	}
}
