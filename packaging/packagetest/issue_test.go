//go:build linux

package packagetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
)

// GitHub shows an issue form only if each field has a type and an ID of its own, a label, and options if it is a choice.
func TestIssueForms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/ISSUE_TEMPLATE/*.yml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		if filepath.Base(file) == "config.yml" {
			continue
		}
		var form struct {
			Name, Description string
			Body              []struct {
				Type, ID   string
				Attributes struct {
					Label   string
					Options []string
				}
			}
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(text, &form)
		}
		if err != nil || form.Name == "" || form.Description == "" || len(form.Body) == 0 {
			t.Errorf("%s: %+v, %v", file, form, err)
		}
		seen := map[string]bool{"": true}
		for _, field := range form.Body {
			choice := field.Type == "dropdown"
			if seen[field.ID] || field.Attributes.Label == "" || choice != (len(field.Attributes.Options) > 0) || !choice && field.Type != "textarea" {
				t.Errorf("%s: %+v", file, field)
			}
			seen[field.ID] = true
		}
	}
}
