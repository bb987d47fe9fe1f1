package reuseport

import (
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// run gives the program's result where the random word has these values, one
// load after the other. The machine of x/net/bpf has no such word, nor what is
// before the packet, so those loads are replaced; the client's port is from.
func run(t *testing.T, prog []Instr, from uint16, randoms ...uint32) int {
	t.Helper()
	var raw []bpf.Instruction
	loads := 0
	for _, i := range prog {
		in := bpf.RawInstruction{Op: i.Code, Jt: i.Jt, Jf: i.Jf, K: i.K}.Disassemble()
		load, extension := in.(bpf.LoadExtension)
		switch {
		case extension && load.Num == bpf.ExtRand:
			// The first load is the first to be made; of the others one is.
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: randoms[min(loads, len(randoms)-1)]}
			loads++
		case i.Code == ldAbsB:
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: 0x45}
		case i.Code == ldAbsH:
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: uint32(from)}
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

func indexes(from, n int) []int {
	var out []int
	for i := range n {
		out = append(out, from+i)
	}
	return out
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

// Of a hundred first numbers exactly so many lead to the trial; the second
// number picks evenly on either side. 200 gates: a jump farther than 255.
func TestProgramOfACanary(t *testing.T) {
	for name, c := range map[string]struct{ rest, trial, percent int }{
		"one and one": {1, 1, 25}, "two and three": {2, 3, 1}, "one and four": {1, 4, 99}, "three and one": {3, 1, 50},
		"many and many": {200, 200, 40},
	} {
		t.Run(name, func(t *testing.T) {
			to := Route{Indexes: indexes(7, c.rest), Trial: indexes(500, c.trial), Percent: c.percent}
			prog := Program(to)
			for percentile := range uint32(100) {
				// A program of 400 members runs long. Between the edges all percentiles of a side are alike.
				if far := c.rest > 100 && max(percentile, uint32(c.percent))-min(percentile, uint32(c.percent)) > 2; far && percentile%9 != 0 {
					continue
				}
				side := to.Indexes
				if percentile < uint32(c.percent) {
					side = to.Trial
				}
				count := map[int]int{}
				for second := range uint32(2 * len(side)) {
					count[run(t, prog, 1, 4200+percentile, second)]++
				}
				for _, index := range side {
					if count[index] != 2 {
						t.Fatalf("percentile %d: index %d was picked %d times, want 2: %v", percentile, index, count[index], count)
					}
				}
			}
		})
	}
}

func TestProgramWithAnException(t *testing.T) {
	to := Route{Indexes: []int{1, 2}, Trial: []int{3}, Percent: 50, Pin: &Pin{Port: 777, Index: 9}}
	prog := Program(to)
	for random := range uint32(100) {
		if got := run(t, prog, 777, random); got != 9 {
			t.Fatalf("the probe goes to %d", got)
		}
		if got := run(t, prog, 778, random); !slices.Contains([]int{1, 2, 3}, got) {
			t.Fatalf("another goes to %d", got)
		}
	}
}
