//go:build !unix

package file

import (
	"context"
	"errors"
	"os"
)

func lock(context.Context, string) (func() error, error) {
	return nil, errors.New("locks on files are not known on this system: change the map on a machine with Linux or macOS, or keep it in another store")
}

func keepOwner(*os.File, os.FileInfo) error { return nil }
