package peers

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

func TestMain(m *testing.M) {
	switch script := os.Getenv(fakeDriver); script {
	case "":
	case startsSleep:
		startSleep()
		return
	default:
		actDriver(script)
		return
	}
	code := m.Run()
	if err := errors.Join(pgtest.StopShared(), goleak.Find()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
