package machine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// arrows are the only moves there are, by the names of the states.
var arrows = map[string][]string{
	report.StateStarting: {
		report.StateServing,
		report.StateDraining, // superseded by a newer start, or stopped
		report.StateFailed,   // ended, did not start, or was not ready in time
		report.StateExited,   // a program that ends by itself, with code 0
	},
	report.StateServing: {
		report.StateReserve,  // a newer one serves, on probation
		report.StateDraining, // a newer one serves; stop; stop-first; rolled back
		report.StateFailed,   // crashed
		report.StateExited,   // ended by itself, with code 0
	},
	report.StateReserve: {
		report.StateServing,  // the newer one failed
		report.StateDraining, // the newer one has proved itself; stop
		report.StateExited,   // ended by itself
	},
	report.StateDraining: {report.StateExited},
}

// reaches tells whether arrows lead from one state to another.
func reaches(from, to string) bool {
	seen, todo := map[string]bool{}, []string{from}
	for len(todo) > 0 {
		s := todo[0]
		todo = todo[1:]
		for _, next := range arrows[s] {
			if next == to {
				return true
			}
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}
