package rule

import (
	"slices"
)

type Plan struct {
	Swap    []string // files for which a generation starts
	Steps   []int    // the rules whose commands run before that, in order; without Swap no start follows
	Matches [][]int  // for each file the rules that apply
}

// Decide returns what changes of these files do, which are absolute paths.
func (r *Rules) Decide(files []string) (p Plan) {
	steps := map[int]bool{}
	for _, file := range files {
		rules, swaps := r.of(file)
		p.Matches = append(p.Matches, rules)
		if swaps {
			p.Swap = append(p.Swap, file)
		}
		for _, i := range rules {
			steps[i] = r.All[i].Run != ""
		}
	}
	for i := range r.All {
		if steps[i] || len(p.Swap) > 0 && r.every(i) {
			p.Steps = append(p.Steps, i)
		}
	}
	return p
}

func (r *Rules) every(i int) bool { return len(r.All[i].Change) == 0 }

// of returns the rules that apply to a file, and whether a generation starts for it.
func (r *Rules) of(file string) (rules []int, swaps bool) {
	if r.Output(file) != nil {
		return nil, false
	}
	swaps = true
	for i, change := range r.changes {
		if !change.matches(file) {
			continue
		}
		rule := r.All[i]
		if rule.Nothing && rule.Run == "" {
			return []int{i}, false
		}
		rules = append(rules, i)
		if rule.Signal != 0 || rule.Browser != "" || rule.Nothing {
			swaps = false
		}
	}
	return rules, swaps
}

// Starts returns the rules whose commands run before a start that no change has asked for,
// such as the first: those for every start, and tasks.
func (r *Rules) Starts() (steps []int) {
	for i, rule := range r.All {
		if r.every(i) || rule.Once {
			steps = append(steps, i)
		}
	}
	return steps
}

func (r *Rules) Matches(file string) bool {
	return slices.ContainsFunc(r.changes, func(m matcher) bool { return m.matches(file) })
}

// Except reports whether "!" takes a file out of what glob, one of [Rules.Patterns], matches.
func (r *Rules) Except(glob, file string) bool {
	return slices.Contains(r.Patterns, glob) && !r.Matches(file)
}
