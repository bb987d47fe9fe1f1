// Command sbom prints which modules are in a program of hotswap, as CycloneDX JSON. The program itself
// says so (debug/buildinfo), so the list has what was linked and nothing else. Arguments: the version
// and the program.
package main

import (
	"cmp"
	"debug/buildinfo"
	"log"
	"os"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: sbom VERSION PROGRAM")
	}
	info, err := buildinfo.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	program := component(info.Main.Path, "v"+os.Args[1])
	program.Type, program.Name = cdx.ComponentTypeApplication, "hotswap"
	parts := []cdx.Component{component("std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, dep := range info.Deps {
		dep = cmp.Or(dep.Replace, dep)
		parts = append(parts, component(dep.Path, dep.Version))
	}
	inside := make([]string, len(parts))
	for i, part := range parts {
		inside[i] = part.BOMRef
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &program}
	bom.Components, bom.Dependencies = &parts, &[]cdx.Dependency{{Ref: program.BOMRef, Dependencies: &inside}}
	if err := cdx.NewBOMEncoder(os.Stdout, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom); err != nil {
		log.Fatal(err)
	}
}

// component returns a module. Package URLs of Go have small letters only.
func component(path, version string) cdx.Component {
	url := "pkg:golang/" + strings.ToLower(path) + "@" + version
	return cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: url, PackageURL: url, Name: path, Version: version}
}
