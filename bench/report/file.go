package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// JSON is the report as Load reads it.
func (r *Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing the report of bench %s as JSON: %w", r.Bench, err)
	}
	return append(text, '\n'), nil
}

// Save writes the report as JSON, whole or not at all.
func (r *Report) Save(path string) error {
	text, err := r.JSON()
	if err != nil {
		return err
	}
	return writeWhole(path, text)
}

// writeWhole writes a file that is never there in part.
func writeWhole(path string, text []byte) error {
	part := path + ".part"
	err := os.WriteFile(part, text, 0o644)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, dropPart(part))
	}
	return nil
}

// dropPart removes what a failure left, if it left anything.
func dropPart(part string) error {
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Load reads a report that Save wrote. What is no whole report, or one of another format, is refused.
func Load(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// parse reads the JSON form. The format is looked at first: of another one the rest need not be readable.
func parse(text []byte) (*Report, error) {
	var head struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("this is no report of a benchmark: %w", err)
	}
	if head.Format == nil {
		return nil, errors.New(`this is no report of a benchmark: it has no "format"; atoll bench … --json FILE writes one`)
	}
	if *head.Format != Format {
		return nil, fmt.Errorf("this is a report of format %d, and this program reads format %d: measure anew", *head.Format, Format)
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("this is no report of a benchmark: %w", err)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return r, nil
}
