package load

import (
	"fmt"
	"io"
	"slices"
	"testing"
)

func echoed(text string, version int) string {
	return fmt.Sprintf(`{"echo":%q,"version":%d,"pid":1}`, text, version)
}

func pushed(n int) string { return fmt.Sprintf(`{"event":%d,"change":null,"version":1,"pid":1}`, n) }

// Whatever a server says wrong is counted, and by its name.
func TestDuplexCounts(t *testing.T) {
	echoes := func(numbers ...int) (said []string) {
		for _, n := range numbers {
			said = append(said, echoed(fmt.Sprintf("client 1 message %d", n), 1))
		}
		return said
	}
	all := slices.Clip(echoes(1, 2, 3, 4, 5, 6))
	for name, c := range map[string]struct {
		said []string
		want DuplexStats
	}{
		"nothing wrong": {append(all, pushed(71), pushed(72)),
			DuplexStats{Echoes: Tally{Received: 6}, Pushes: Tally{Received: 2}}},
		"an echo lost":        {echoes(1, 2, 4, 5, 6), DuplexStats{Echoes: Tally{Received: 5, Lost: 1}}},
		"the last two lost":   {echoes(1, 2, 3, 4), DuplexStats{Echoes: Tally{Received: 4}, Owed: 2}},
		"an echo doubled":     {echoes(1, 2, 3, 3, 4, 5, 6), DuplexStats{Echoes: Tally{Received: 7, Doubled: 1}}},
		"echoes out of order": {echoes(1, 2, 4, 5, 3, 6), DuplexStats{Echoes: Tally{Received: 6, Disordered: 1}}},
		"what nobody sent": {append(all, echoed("client 2 message 3", 1), echoed("client 1 message 99", 1), `"?"`),
			DuplexStats{Echoes: Tally{Received: 6}, Other: 3}},
		"pushes lost, doubled, out of order": {
			append(all, pushed(5), pushed(6), pushed(9), pushed(8), pushed(8), pushed(5), pushed(10)),
			DuplexStats{Echoes: Tally{Received: 6}, Pushes: Tally{Received: 7, Lost: 1, Disordered: 1, Doubled: 2}},
		},
		"moved": {append(echoes(1, 2, 3, 4, 5), echoed("client 1 message 6", 2)),
			DuplexStats{Echoes: Tally{Received: 6}, Moved: 1}},
	} {
		d := &duplexClient{number: 1, conn: &duplexConn{first: 1, echoes: series{next: 1},
			complete: make(chan struct{})}}
		for range all {
			d.next()
		}
		for _, text := range c.said {
			d.take(exampleMessage([]byte(text)), d.prefix())
		}
		d.ended(io.EOF)
		got := d.stats
		if got.Echoes != c.want.Echoes || got.Pushes != c.want.Pushes || got.Owed != c.want.Owed ||
			got.Other != c.want.Other || got.Moved != c.want.Moved {
			t.Errorf("%s: %v", name, got)
		}
	}
}
