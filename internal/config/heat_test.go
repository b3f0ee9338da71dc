package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHeat(t *testing.T) {
	for text, want := range map[string]Heat{
		"":                          {"", time.Hour, 3},
		"heat: {}":                  {filepath.Join("dir", "heat.json"), time.Hour, 3},
		"heat: {file: x/warm.json}": {filepath.Join("dir", "x", "warm.json"), time.Hour, 3},
		"heat: {file: /h.json, window: 10m, alert: 2.5}": {"/h.json", 10 * time.Minute, 2.5},
	} {
		c, err := Parse([]byte(strings.Replace(base, "version: 1", "version: 1\n"+text, 1)), "x", "dir", func(string) (string, bool) { return "x", true })
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if c.Heat != want {
			t.Errorf("%s: %+v, want %+v", text, c.Heat, want)
		}
	}
}

// TestHeatRefused holds the loader and the schema to the same.
func TestHeatRefused(t *testing.T) {
	validate := compileSchema(t)
	for text, want := range map[string]struct {
		text    string
		meaning bool
	}{
		"heat: {file: ' '}":    {"heat.file is empty", false},
		"heat: {files: x}":     {`unknown key "files"`, false},
		"heat: {window: 1}":    {"heat.window needs text", false},
		"heat: {window: 30s}":  {"heat.window must be from 1m", true},
		"heat: {window: 745h}": {"heat.window must be from 1m", true},
		"heat: {alert: 1}":     {"heat.alert must be a number above 1", false},
		"heat: {alert: '3'}":   {"heat.alert must be a number above 1", false},
		"heat: {alert: .nan}":  {"heat.alert must be a number above 1", false},
		"heat: {alert: 1001}":  {"heat.alert must be a number above 1", false},
		"heat: {alert: [3]}":   {"heat.alert must be a number above 1", false},
	} {
		full := strings.Replace(base, "version: 1", "version: 1\n"+text, 1)
		_, err := Parse([]byte(full), "x", "dir", func(string) (string, bool) { return "x", true })
		if err == nil || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", text, err)
		}
		if refused := validate(full) != nil; refused == want.meaning {
			t.Errorf("%s: the schema refuses it: %v", text, refused)
		}
	}
}
