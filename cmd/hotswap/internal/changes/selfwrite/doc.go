// Package selfwrite tells the changes that the program makes itself from those that
// people make. A program that writes a watched file each time it starts would
// be swapped for ever. It is pure: times come with the calls.
//
// # What does the program have open?
//
// A file that a process of the program holds open for writing is the program's
// own: a database, a log, a cache ([Open]). It stays so for a moment while
// generations begin and end, for a database is written once more when it is
// closed.
//
// # What is an echo?
//
// A file that changes at the start of a generation, whose swap is followed by the
// same change in the next one, and so on. A [Judge] counts these rounds. An editor
// that saves by itself while somebody types does the same, and starts may be fast:
// so it has to become known who writes. From the second round on generations are
// to be watched ([Judge].Suspects).
//
//	rounds 1 to 3      swap at once
//	by the program,    held until the boot is over and [After] has passed, then one
//	while it boots     swap as an experiment; the next time it is an echo: named, and
//	                   not reacted to any more at that stage, until three generations
//	                   in a row did not repeat it
//	by the program,    swap at once up to round 7, then named and held back, each time
//	when it serves     twice as long, up to a minute: it may be somebody's compiler
//	by anybody else    swap at once, for 199 rounds; then it is some tool that waits
//	                   for each start, and is named and slowed down as below
//	not known, but
//	about to be        swap at once, up to round 8: the one that boots, and a
//	                   standby, have begun before anybody suspected anything
//
// # And where nobody can tell?
//
// There it is guessed by when the changes come. Of those while a generation boots:
//
//	round 4          held until the boot is over and [After] has passed, then one
//	                 swap as an experiment, without anybody having saved anything
//	round 5          the same file again, at the same point of the boot: an echo.
//	                 From now on such a change is not reacted to
//
// Whoever saves the same file again and again is not taken for an echo: a save
// while the fourth is held, after the boot, counts at once; points of a boot
// that differ by more than a little cost eight rounds before anything is held;
// a change of a known echo at another point of the boot, or after it, counts; and
// an echo that three boots in a row did not repeat is forgotten. The last save
// that is held is never dropped before a swap has taken it in.
//
// Of a build nobody can tell either, and people save while it runs more often than
// while a program boots. So one experiment is not enough there: four in a row have
// to show the same file at the same point ([BuildTrials]), at whatever round.
//
// Shortly after the boot a program that writes looks just like a tool that waits for
// the new version and then saves the next one, so nothing is dropped. After twenty
// rounds without any other change it is named, and held back, each time twice
// as long, up to a minute.
//
// # What is left open?
//
// A file with another name at each start has no history here. A program that
// writes by the clock or for each request, and closes the file each time, is
// not seen: the name must be ignored by an option. A save that the program
// overwrites within the same batch counts as its own.
package selfwrite
