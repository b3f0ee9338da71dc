package terraform_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/atoll-sql/atoll/internal/terraform"
)

// FuzzRead: whatever the input, there is an import or an error; what is imported can be loaded, merged, and merged again without a change.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4<<10 { // large ones are slow to minimize
			f.Add(data)
		}
	}
	f.Add([]byte(at(eu1, pg("b", "us-west-2", tags("17", "HIPAA"), ""))))
	f.Add([]byte(`{"shards":{"value":[{"shard_id":"a","region":"us-east-1","regulatory":"US","driver":"sqlserver","host":"h","database":"d"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := terraform.Read(data, terraform.Options{})
		if err != nil {
			return
		}
		loadable(t, found)
		once, _, err := found.Merge([]byte(skeleton), "atoll.yaml")
		if err != nil {
			return // a shard of the skeleton's may be another one
		}
		if twice, _, err := found.Merge(once, "atoll.yaml"); err != nil || string(twice) != string(once) {
			t.Errorf("%v\n%s", err, twice)
		}
	})
}
