package sqlgen_test

import (
	"testing"

	"go.uber.org/goleak"
)

// root is the module's root as seen from this package.
const root = "../.."

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
