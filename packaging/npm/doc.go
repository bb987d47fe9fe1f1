// Package npm tests the packages of npm that pack.mjs makes: HOTSWAP_NPM is the folder with the
// tarballs. A registry of the test's own, on this machine, has them, and sends the package managers
// to the real one for everything else.
package npm
