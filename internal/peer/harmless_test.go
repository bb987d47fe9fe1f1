package peer

import "testing"

func TestHarmless(t *testing.T) {
	const shell, runner, client, other = 10, 20, 30, 40
	ps := func(change func(map[int]process)) map[int]process {
		all := map[int]process{
			1:      {session: 1, speaks: true}, // a service manager
			5:      {parent: 1, session: 5, speaks: true},
			shell:  {parent: 5, session: shell}, // below a terminal, or sshd
			runner: {parent: shell, session: shell},
			client: {parent: runner, session: shell},
			other:  {parent: 1, session: other},
		}
		change(all)
		return all
	}
	set := func(pid int, f func(*process)) func(map[int]process) {
		return func(all map[int]process) { p := all[pid]; f(&p); all[pid] = p }
	}
	speaks, hides := func(p *process) { p.speaks = true }, func(p *process) { p.hidden = true }
	for name, c := range map[string]struct {
		change  func(map[int]process)
		holders []int
		hidden  int
		want    bool
	}{
		"a client of a terminal":                      {want: true},
		"nobody was found":                            {holders: []int{}},
		"it speaks for others":                        {change: set(client, speaks)},
		"the one above does":                          {change: set(runner, speaks)},
		"the shell does":                              {change: set(shell, speaks)},
		"one that has the socket, too, does":          {change: set(other, speaks), holders: []int{client, other}},
		"one that has it, too, does not":              {holders: []int{client, other}, want: true},
		"it cannot be inspected":                      {change: set(client, hides)},
		"the one above cannot":                        {change: set(runner, hides)},
		"one of its session cannot":                   {hidden: shell},
		"one of another session cannot":               {hidden: 99, want: true},
		"the one above has ended":                     {change: func(all map[int]process) { delete(all, runner) }},
		"it has ended":                                {change: func(all map[int]process) { delete(all, client) }},
		"it came from another namespace":              {change: set(shell, func(p *process) { p.parent = 0 }), want: true},
		"processes that are above each other":         {change: set(runner, func(p *process) { p.parent = client })},
		"the one between it and the leader has ended": {change: set(client, func(p *process) { p.parent = 1 })},
		"a session of its own below one that speaks": {change: func(all map[int]process) {
			set(runner, speaks)(all)
			set(client, func(p *process) { p.session = client })(all)
		}, want: true},
	} {
		if c.change == nil {
			c.change = func(map[int]process) {}
		}
		if c.holders == nil {
			c.holders = []int{client}
		}
		all := ps(c.change)
		got := harmless(c.holders, map[int]bool{c.hidden: true}, func(pid int) (process, bool) { p, ok := all[pid]; return p, ok })
		if got != c.want {
			t.Errorf("%s: harmless %v", name, got)
		}
	}
}
