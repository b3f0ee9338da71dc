package terraform_test

import (
	"os/exec"
	"testing"
)

// TestExampleFormat: the module in examples/terraform is HCL as Terraform itself would format it, where Terraform is installed.
func TestExampleFormat(t *testing.T) {
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	out, err := exec.CommandContext(t.Context(), program, "fmt", "-check", "-diff", "-no-color", "-recursive", "../../examples/terraform").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
