package peers

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// trinoParts are what the server needs of its tarball: itself, the connector to PostgreSQL, and the one that keeps views.
var trinoParts = []string{"lib", "plugin/postgresql", "plugin/memory"}

// unpackTrino unpacks what is needed of a tarball, about a tenth of it.
//
// Files are stored once and linked from other plugins' directories, so everything is unpacked, and what is not needed removed afterwards: a
// file goes with its last name.
func unpackTrino(ctx context.Context, tarball, into string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return lacks("the tarball cannot be read (%v): name one that can, or none", err)
	}
	err = unpack(ctx, file, into)
	if err = errors.Join(err, file.Close()); err != nil {
		return lacks("the tarball cannot be unpacked (%v): remove it, and have it downloaded again", err)
	}
	for _, part := range trinoParts {
		if !isDir(filepath.Join(into, filepath.FromSlash(part))) {
			return lacks("the tarball has no %s: it is not one of Trino's server", part)
		}
	}
	return keepParts(into)
}

// unpack unpacks a compressed archive without the first element of its names.
func unpack(ctx context.Context, from io.Reader, into string) error {
	unzipped, err := gzip.NewReader(from)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(into) // no name leads out of it
	if err != nil {
		return err
	}
	err = unpackInto(ctx, tar.NewReader(unzipped), root)
	return errors.Join(err, root.Close(), unzipped.Close())
}

func unpackInto(ctx context.Context, archive *tar.Reader, root *os.Root) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := entry(archive, h, root); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func entry(archive io.Reader, h *tar.Header, root *os.Root) error {
	_, name, found := strings.Cut(strings.TrimSuffix(h.Name, "/"), "/")
	if !found {
		return nil // the directory that holds everything
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, archive)
		return errors.Join(err, f.Close())
	case tar.TypeLink:
		_, target, _ := strings.Cut(h.Linkname, "/")
		return root.Link(target, name)
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	}
	return nil // nothing that is needed is a symbolic link or a device
}

// keepParts removes everything but trinoParts.
func keepParts(dir string) error {
	for _, level := range []string{"", "plugin"} {
		entries, err := os.ReadDir(filepath.Join(dir, level))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !needed(strings.TrimPrefix(level+"/"+e.Name(), "/")) {
				if err := os.RemoveAll(filepath.Join(dir, level, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// needed reports whether a path is one of trinoParts or leads to one.
func needed(path string) bool {
	for _, part := range trinoParts {
		if part == path || strings.HasPrefix(part, path+"/") {
			return true
		}
	}
	return false
}
