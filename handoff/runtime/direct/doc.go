// Package direct decides whether the next generation may start the program itself, without the commands that
// only lead to it, such as npm, sh, cross-env and tsx.
//
// A generation that ran the whole command shows the program: its executable, arguments and folder, and the environment
// that it had when it was executed. [New] judges each process above the program: each must be known to start the next
// one and to do nothing else, before, beside or after it, and must give it nothing but what hotswap can give as well.
// What has become the next process by exec(2), such as a sandbox or a start script, is no process any more: so the
// first word of each command must lead to the next process's file. [Start.Apply] then changes a launch. It refuses
// where something has changed that these commands read, so that the whole command runs again.
//
// What a process cannot see of this: its parent is hotswap's keeper. What npm and the like do around the program
// is left out, too: a header, and lines about a failure.
package direct
