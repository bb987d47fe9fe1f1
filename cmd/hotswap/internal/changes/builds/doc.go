// Package builds tells what a build writes from what people save while it runs. It
// is pure: times come with the calls, and who wants to know when a file was last
// written is asked through a function.
//
// # Whose is a change?
//
// Nobody tells who has written a file, unless it is still open. What is known is when: what did not change
// while a build ran is none of its work ([Book.During]). Of the rest
//
//   - what counts for no other reason than that the program has loaded it (dist/) is
//     the build's: whatever it is now, the generation that starts after the build
//     loads it so;
//   - what builds have written twice without a difference is the build's from then
//     on, for as long as each build that succeeds writes it: a person rarely saves
//     what has not changed, and not twice, each time while a build runs that began
//     because that very file had changed in the one before;
//   - everything else counts. A build is begun anew for it, and if it was the build's
//     own work that one will write the same bytes, which is no change. So a wrong
//     guess costs a build, never a save.
//
// What builds write anew each time, a time stamp for example, would begin another
// build for ever: that is for package echo, with builds for lives.
package builds
