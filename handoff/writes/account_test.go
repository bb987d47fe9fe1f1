package writes

import "testing"

// FuzzAccount has two threads of the program and a person use a file, in any order of steps. Whatever the person has
// completed is somebody else's at the next verdict, and without a person everything is the program's.
func FuzzAccount(f *testing.F) {
	for _, steps := range []string{
		"p0pp5", "0000l5", "0pp00p5", "0pp0p5", "00r5", "01c01c5", "00p0p0pl5", "0011pp0c1p15", "k0pp5", "00l5pppl5",
		"m5", "0m5p", "00000000pppc5", "00lr5", "0pppc0l5", "kppp5",
	} {
		f.Add(steps)
	}
	f.Fuzz(func(t *testing.T, steps string) {
		var a account
		// 0: at rest, 1: its call waits, 2: it has the file open, 3: it has written
		threads := [2]int{}
		flies := [2]bool{}                     // its call is not known to be carried out
		person, dirty, ever := 0, false, false // what the person does; completed since the last verdict; at all
		kept, moving := 0, false               // what the program keeps open; its call that puts a file waits
		land := func(i int) {
			if flies[i] && threads[i] != 1 {
				flies[i] = false
				a.flying--
			}
		}
		open := func() (n int) {
			for _, state := range threads {
				if state > 1 {
					n++
				}
			}
			return n + kept
		}
		for _, step := range steps {
			switch step {
			case '0', '1':
				i := int(step - '0')
				switch threads[i] {
				case 0:
					land(i)
					a.opened++
					a.flying++
					threads[i], flies[i] = 1, true
				case 1:
					threads[i] = 2
				case 2:
					a.report(false)
					threads[i] = 3
				default:
					a.report(true)
					threads[i] = 0
				}
			case 'k': // the program opens the file for ever
				if kept < 3 {
					a.opened++
					kept++
				}
			case 'w':
				if kept > 0 {
					a.report(false)
				}
			case 'm':
				if moving {
					a.report(true)
					a.flying--
				} else {
					a.opened++
					a.flying++
				}
				moving = !moving
			case 'p':
				ever = true
				if person == 0 {
					person = 1
				} else if person == 1 {
					a.report(false)
					person = 2
				} else {
					a.report(true)
					person, dirty = 0, true
				}
			case 'r':
				if !moving { // else the two calls look the same, and the program's is put last
					a.report(true)
					dirty, ever = true, true
				}
			case 'l':
				land(0)
				land(1)
			case 'c':
				if !moving { // a call that takes longer costs a swap
					a.compare(open(), true)
				}
			case '5':
				if !a.compare(open(), false) {
					continue // the verdict waits
				}
				if dirty && !a.foreign {
					t.Fatalf("%q: a person's save is taken for the program's: %+v", steps, a)
				}
				if a.foreign && !ever {
					t.Fatalf("%q: the program's write is taken for a person's: %+v", steps, a)
				}
				a.foreign, dirty = false, false
			}
		}
	})
}

// Who has the file open from before the account does not close it.
func TestWriteWithoutAnOpening(t *testing.T) {
	var a account
	a.report(false)
	if !a.foreign {
		t.Error("it is taken for the program's")
	}
}
