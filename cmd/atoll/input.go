package main

import (
	"io"
	"os"
)

// readInput reads a file of at most limit bytes, or in for -. What the file is stands in the message about one that is larger.
func readInput(in io.Reader, path, what string, limit int64) ([]byte, error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, &usageError{err: err}
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	switch {
	case err != nil:
		return nil, &usageError{err: err}
	case int64(len(data)) > limit:
		return nil, usage("", "%s is larger than %d MiB", what, limit>>20)
	}
	return data, nil
}
